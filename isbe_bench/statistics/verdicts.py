"""Verdicts on differences: of times by an A/A control, of accuracies by a margin."""

import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import stats

from isbe_bench.statistics.intervals import MeanInterval, mean_interval
from isbe_bench.statistics.power import MeanTest, Need, need


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A verdict; `within` is the largest size of the difference that the intervals allow for."""

    kind: Literal["less", "more", "same", "too noisy", "untrusted"]
    within: float


def judge(difference: MeanInterval, control: MeanInterval, margin: float) -> Verdict:
    """Judge a difference by its interval and by the interval of an A/A control.

    - `untrusted`: the control, a difference between identical modes, leaves out zero, so the
      measurement itself is wrong.
    - `less`, `more`: the interval leaves out zero, and the difference exceeds the noise floor, the
      reach of the control.
    - `same`: otherwise, if neither the interval nor the noise floor reaches beyond `margin`.
    - `too noisy`: otherwise.

    Parameters
    ----------
    difference, control
        95% intervals of two or more values, in one unit, from one measurement.
    margin
        The smallest difference that matters, in the same unit.
    """
    within = max(difference.reach, control.reach)
    if not control.holds_zero:
        return Verdict("untrusted", within)
    if not difference.holds_zero and abs(difference.mean) > control.reach:
        return Verdict("less" if difference.mean < 0 else "more", within)
    return Verdict("same" if within <= margin else "too noisy", within)


MIN_RUNS = 6
"""With fewer pairs of runs there is no verdict on accuracy."""


@dataclasses.dataclass(frozen=True)
class Paired:
    """Tests of paired differences against `margin`, the smallest difference that matters.

    Attributes
    ----------
    difference
        Mean difference with its 95% Student interval.
    p_same
        The larger p-value of two one-sided tests (Schuirmann 1987): small if the mean lies within the
        margin on both sides.
    p_not_below
        The p-value of the test of the lower side: small if the mean lies above minus the margin.
    margin
        Above 0, in the unit of the differences.
    """

    difference: MeanInterval
    p_same: float
    p_not_below: float
    margin: float

    @property
    def verdict(self) -> Literal["too few runs", "same", "lower", "higher", "undecided"]:
        """The verdict at 5%; `same` may leave out zero, by less than the margin."""
        if self.difference.count < MIN_RUNS:
            return "too few runs"
        if self.p_same < 0.05:
            return "same"
        if self.difference.holds_zero:
            return "undecided"
        return "lower" if self.difference.mean < 0 else "higher"

    def need(self, name: str = "", deviation: float = math.nan) -> Need:
        """The further pairs that would make the verdict `same`, `lower` or `higher`, the soonest.

        `name` says what the differences are of, and `deviation` is the standard deviation to assume for
        them if there is a single one.
        """
        values = self.difference
        if values.count < 2:
            values = dataclasses.replace(values, deviation=deviation)
        same = MeanTest(values, -self.margin, self.margin, 0.05, name)
        lower, higher = MeanTest(values, high=0, name=name), MeanTest(values, low=0, name=name)
        return need([[same], [lower], [higher]], MIN_RUNS)

    @property
    def words(self) -> str:
        """The verdict in words, with the margin if it is `same`: `same within 0.1`."""
        return f"same within {self.margin:g}" if self.verdict == "same" else self.verdict


def paired(differences: Sequence[float], margin: float) -> Paired:
    """Judge paired differences against a margin; a single one shows no spread.

    Raises
    ------
    ValueError
        There are no differences, one is not finite, or the margin is not above 0.
    """
    if not margin > 0:
        raise ValueError(f"a margin is a number above 0, not {margin}")
    difference = mean_interval(differences)
    not_below, not_above = (_one_sided(differences, sign, margin) for sign in (1, -1))
    return Paired(difference, max(not_below, not_above), not_below, margin)


def _one_sided(differences: Sequence[float], sign: int, margin: float) -> float:
    """The p-value of `sign * mean <= -margin`; 1 below two differences."""
    shifted = sign * np.asarray(differences, dtype=float) + margin
    if shifted.size < 2:
        return 1.0
    if np.ptp(shifted) < 1e-9:  # identical, as with two modes that are one training
        return 0.0 if shifted[0] > 0 else 1.0
    return float(stats.ttest_1samp(shifted, 0, alternative="greater").pvalue)


@functools.cache
def mcnemar(only_first: int, only_second: int) -> float:
    """The p-value of McNemar's exact test (1947) that two classifiers are wrong equally often.

    Parameters
    ----------
    only_first, only_second
        Numbers of images that only the first, and only the second, misclassifies.
    """
    discordant = only_first + only_second
    return float(stats.binomtest(only_first, discordant).pvalue) if discordant else 1.0


def smallest_corrected(p_values: Sequence[float]) -> float:
    """The smallest of several p-values, corrected for their number (Bonferroni)."""
    return min(1.0, len(p_values) * min(p_values))
