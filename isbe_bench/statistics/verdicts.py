"""What a difference amounts to: of times against an A/A control, of accuracies against a margin."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import stats

from isbe_bench.statistics.intervals import MeanInterval, mean_interval


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a difference amounts to; `within` is the size that it cannot exceed where it is `same`."""

    kind: Literal["less", "more", "same", "too noisy", "untrusted"]
    within: float


def judge(difference: MeanInterval, control: MeanInterval, margin: float) -> Verdict:
    """Judge a difference by its interval and by the interval of an A/A control.

    - `untrusted`: the control, a difference between equals, leaves out zero: the measurement itself is
      off, whatever it says.
    - `less`, `more`: the interval leaves out zero, and the difference is larger than what the control
      allows for between equals (its reach, the noise floor).
    - `same`: otherwise, if neither the interval nor the noise floor reaches beyond `margin`.
    - `too noisy`: otherwise.

    Parameters
    ----------
    difference, control
        95% intervals in one unit, from one measurement; two values or more.
    margin
        The smallest size that matters, in that unit.
    """
    within = max(difference.reach, control.reach)
    if not control.holds_zero:
        return Verdict("untrusted", within)
    if not difference.holds_zero and abs(difference.mean) > control.reach:
        return Verdict("less" if difference.mean < 0 else "more", within)
    return Verdict("same" if within <= margin else "too noisy", within)


MIN_RUNS = 6
"""Below this many pairs of runs nothing is said of their accuracies but their mean."""


@dataclasses.dataclass(frozen=True)
class Paired:
    """What paired differences say, in the unit of `margin`, the smallest size that matters.

    Attributes
    ----------
    difference
        Their mean with its 95% Student interval.
    p_same
        Of two one-sided tests (Schuirmann 1987): small where the mean lies within the margin on both
        sides; the larger of the two p-values.
    p_not_below
        Of the one of them that asks about the lower side alone.
    margin
        Above 0.
    """

    difference: MeanInterval
    p_same: float
    p_not_below: float
    margin: float

    @property
    def verdict(self) -> Literal["too few runs", "same", "lower", "higher", "undecided"]:
        """At 5%; `same` may leave out zero, by less than the margin."""
        if self.difference.count < MIN_RUNS:
            return "too few runs"
        if self.p_same < 0.05:
            return "same"
        if self.difference.holds_zero:
            return "undecided"
        return "lower" if self.difference.mean < 0 else "higher"

    @property
    def words(self) -> str:
        """The verdict, with the margin where that makes it: `same within 0.1`."""
        return f"same within {self.margin:g}" if self.verdict == "same" else self.verdict


def paired(differences: Sequence[float], margin: float) -> Paired:
    """Judge paired differences against a margin; two or more say something of their spread.

    Raises
    ------
    ValueError
        No differences, one that is not finite, or a margin that is not above 0.
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
    if np.ptp(shifted) < 1e-9:  # equals, such as two modes that are one training
        return 0.0 if shifted[0] > 0 else 1.0
    return float(stats.ttest_1samp(shifted, 0, alternative="greater").pvalue)


@functools.cache
def mcnemar(only_first: int, only_second: int) -> float:
    """The p-value of McNemar's exact test (1947): is either of two classifiers wrong more often?

    Parameters
    ----------
    only_first, only_second
        How many images the one, and the other, alone classifies wrong.
    """
    discordant = only_first + only_second
    return float(stats.binomtest(only_first, discordant).pvalue) if discordant else 1.0


def smallest_corrected(p_values: Sequence[float]) -> float:
    """The smallest of several p-values, corrected for having looked at all of them (Bonferroni)."""
    return min(1.0, len(p_values) * min(p_values))
