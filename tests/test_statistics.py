"""Intervals against known distributions."""

import math

import numpy as np
import pytest
from scipy import stats

from isbe_bench.statistics import mean_interval


@pytest.mark.parametrize("count", [2, 3, 5, 20])
def test_the_interval_covers_the_true_mean_as_often_as_it_says(count: int) -> None:
    rng = np.random.default_rng(count)
    trials = 4000
    intervals = [mean_interval(rng.normal(7.0, 2.0, count).tolist()) for _ in range(trials)]
    covered = sum(interval.low <= 7.0 <= interval.high for interval in intervals)
    assert stats.binomtest(covered, trials, 0.95).pvalue > 1e-4


def test_by_hand() -> None:
    interval = mean_interval([1.0, 2.0, 3.0])
    margin = 4.302652729911275 * 1.0 / math.sqrt(3)  # t(0.975, 2) * deviation / sqrt(n)
    assert (interval.mean, interval.count) == (2.0, 3)
    assert (interval.low, interval.high) == pytest.approx((2 - margin, 2 + margin))
    assert interval.half_width == pytest.approx(margin)


def test_one_value_says_nothing_of_its_spread() -> None:
    interval = mean_interval([5.0])
    assert interval.mean == 5.0
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf]])
def test_no_interval_without_finite_values(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        mean_interval(values)
