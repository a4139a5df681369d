"""The power of tests on a mean, and the number of further values that would decide one.

Both take the mean and the spread seen so far for the truth, so that each number is an estimate from
estimates.
"""

import functools
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from isbe_bench.statistics.intervals import MeanInterval

POWER = 0.8
"""The probability of a verdict that planned values should have."""
MOST = 100
"""If more further values than this are needed, their number is not computed."""
_INTERVAL = 0.025
"""The level of one side of a 95% interval."""
_SPREADS = 1000
"""Quantiles of the spread over which power is averaged; power is then exact to 0.001."""


@dataclass(frozen=True)
class MeanTest:
    """Student's test that a mean lies above `low` and below `high`: one-sided against each.

    Attributes
    ----------
    seen
        Mean and deviation of the values so far.
    low, high
        Infinite where there is no bound on that side.
    level
        Of each side: 0.025 asks for the same as a 95% interval between the bounds.
    name
        What the values are.
    """

    seen: MeanInterval
    low: float = -math.inf
    high: float = math.inf
    level: float = _INTERVAL
    name: str = ""

    @property
    def passes(self) -> bool:
        """Whether the values so far show it; a single one shows nothing."""
        count, mean = self.seen.count, self.seen.mean
        if count < 2:
            return False
        reach = float(stats.t.isf(self.level, count - 1)) * self.seen.deviation / math.sqrt(count)
        return self.low < mean - reach and mean + reach < self.high

    def power(self, count: int) -> float:
        """The probability that `count` (2 or more) values show it; 0 if their spread is not known.

        Exact for normal values: given their spread, which is distributed as chi, their mean is normal.
        With one bound this is the noncentral t distribution, with two Owen's Q.
        """
        mean, deviation = self.seen.mean, self.seen.deviation
        if math.isnan(deviation):
            return 0.0
        if deviation == 0:
            return float(self.low < mean < self.high)
        root = math.sqrt(count)
        reach = float(stats.t.isf(self.level, count - 1)) * _spreads(count - 1)
        least = (self.low - mean) / deviation * root + reach
        most = (self.high - mean) / deviation * root - reach
        inside = stats.norm.cdf(most) - stats.norm.cdf(least)
        return float(np.clip(inside, 0, None).mean())


@dataclass(frozen=True)
class Need:
    """How many further values would decide something.

    Attributes
    ----------
    test
        Of the tests that have to pass, the one that takes the most values.
    more
        None if there would have to be more than `MOST`, or if a single value shows no spread.
    alternative
        The index of the alternative that takes the fewest values, or else comes closest.
    """

    test: MeanTest
    more: int | None
    alternative: int

    @property
    def count(self) -> int:
        """The number of values so far."""
        return self.test.seen.count

    @property
    def spread_known(self) -> bool:
        return math.isfinite(self.test.seen.deviation)


def need(alternatives: Sequence[Sequence[MeanTest]], least: int = 2) -> Need:
    """The further values with which all tests of some alternative pass with a probability of `POWER`.

    Tests are taken for independent, which is cautious where they share a reference. An alternative
    without tests cannot be reached.

    Parameters
    ----------
    alternatives
        Ways to decide; some has a test.
    least
        The smallest number of values that decides at all.
    """
    reachable = [(at, tests) for at, tests in enumerate(alternatives) if tests]
    numbers = {at: _more(tests, least) for at, tests in reachable}

    def distance(way: tuple[int, Sequence[MeanTest]]) -> tuple[float, float]:
        at, tests = way
        more = numbers[at]
        return math.inf if more is None else more, -_all_pass(tests, least + MOST)

    at, tests = min(reachable, key=distance)
    return Need(min(tests, key=lambda test: test.power(least)), numbers[at], at)


def _more(tests: Sequence[MeanTest], least: int) -> int | None:
    if not all(test.low < test.seen.mean < test.high for test in tests):
        return None  # more values make it less likely
    so_far = min(test.seen.count for test in tests)
    counts = range(max(least, so_far + 1), so_far + MOST + 1)
    at = bisect_left(counts, POWER, key=lambda count: _all_pass(tests, count))
    return counts[at] - so_far if at < len(counts) else None


def _all_pass(tests: Iterable[MeanTest], count: int) -> float:
    return math.prod(test.power(count) for test in tests)


@functools.cache
def _spreads(degrees: int) -> NDArray[np.float64]:
    """Quantiles of a sample's standard deviation over the true one, at equal steps."""
    shares = (np.arange(_SPREADS) + 0.5) / _SPREADS
    spreads: NDArray[np.float64] = np.sqrt(stats.chi2.ppf(shares, degrees) / degrees)
    return spreads
