"""Power against the noncentral t distribution and simulation, and the numbers of values that follow."""

import math

import numpy as np
import pytest
from scipy import stats

from isbe_bench.statistics.intervals import (
    MeanInterval,
    log_interval,
    mean_interval,
    ratio_interval,
)
from isbe_bench.statistics.power import MOST, MeanTest, need
from isbe_bench.statistics.verdicts import MIN_RUNS, paired


def seen(mean: float, deviation: float, count: int = 6) -> MeanInterval:
    """As `mean_interval` would give it."""
    half = float(stats.t.ppf(0.975, count - 1)) * deviation / math.sqrt(count)
    return MeanInterval(mean, mean - half, mean + half, count, deviation)


@pytest.mark.parametrize("count", [2, 3, 6, 20, 80])
def test_with_one_bound_power_is_that_of_the_noncentral_t(count: int) -> None:
    test = MeanTest(seen(-0.045, 0.09), low=-0.1, level=0.05)
    shift = (-0.045 + 0.1) / 0.09 * math.sqrt(count)
    exact = stats.nct.sf(stats.t.isf(0.05, count - 1), count - 1, shift)
    assert test.power(count) == pytest.approx(exact, abs=1e-3)
    mirrored = MeanTest(seen(0.045, 0.09), high=0.1, level=0.05)
    assert mirrored.power(count) == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("count", [6, 9, 14])
def test_with_two_bounds_power_is_how_often_both_tests_pass(count: int) -> None:
    trials = 40_000
    values = np.random.default_rng(count).normal(0.02, 0.09, (trials, count))
    upper, lower = (
        stats.ttest_1samp(values + shift, 0, axis=1, alternative=side).pvalue < 0.05
        for shift, side in ((-0.1, "less"), (0.1, "greater"))
    )
    passed = int((upper & lower).sum())
    power = MeanTest(seen(0.02, 0.09), -0.1, 0.1, 0.05).power(count)
    assert stats.binomtest(passed, trials, power).pvalue > 1e-4


def test_as_many_values_as_a_table_of_sample_sizes_has() -> None:
    """Cohen (1988): 34 pairs for d = 0.5, two-sided at 5%, power 0.8; 27 one-sided."""
    two_sided = MeanTest(seen(0.5, 1.0), low=0)
    assert need([[two_sided]]).more == 34 - 6
    assert need([[MeanTest(seen(0.5, 1.0), low=0, level=0.05)]]).more == 27 - 6


def test_passing_is_the_same_as_the_interval_and_the_two_one_sided_tests() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        pair = paired(rng.normal(rng.normal(0, 0.05), 0.06, 6).tolist(), 0.1)
        cell = pair.difference
        assert MeanTest(cell, low=0).passes == (cell.low > 0)
        assert MeanTest(cell, high=0).passes == (cell.high < 0)
        assert MeanTest(cell, -0.1, 0.1, 0.05).passes == (pair.p_same < 0.05)
        assert MeanTest(cell, low=-0.1, level=0.05).passes == (pair.p_not_below < 0.05)


def test_the_planned_values_decide_as_often_as_planned() -> None:
    test = MeanTest(seen(-0.045, 0.09), low=-0.1, level=0.05)
    more = need([[test]], MIN_RUNS).more
    assert more is not None
    rng = np.random.default_rng(0)
    rows = rng.normal(-0.045, 0.09, (4000, 6 + more))
    decided = stats.ttest_1samp(rows, -0.1, axis=1, alternative="greater").pvalue < 0.05
    assert 0.78 < decided.mean() < 0.84  # the power of one value less is below 0.8


@pytest.mark.parametrize("mean", [0.0, -0.3, 0.01])
def test_no_number_of_values_shows_what_lies_at_the_bound_or_beyond(mean: float) -> None:
    needed = need([[MeanTest(seen(mean, 0.5), low=0)]])
    assert needed.more is None
    assert needed.spread_known


def test_one_value_shows_no_spread() -> None:
    needed = need([[MeanTest(mean_interval([0.3]), low=0)]], MIN_RUNS)
    assert (needed.more, needed.spread_known, needed.count) == (None, False, 1)


def test_at_least_so_many_values_and_at_most_so_many_more() -> None:
    clear = MeanTest(seen(1.0, 0.01, count=3), low=0)
    assert need([[clear]], MIN_RUNS).more == 3
    near = MeanTest(seen(0.3, 1.0), low=0)
    assert need([[near]]).more == pytest.approx(
        (2.8 / 0.3) ** 2 + 2 - 6, abs=1
    )  # Student's normal limit
    far = MeanTest(seen(0.26, 1.0), low=0)
    assert far.power(6 + MOST) < 0.8
    assert need([[far]]).more is None


def test_all_tests_of_a_way_have_to_pass_and_the_soonest_way_counts() -> None:
    easy, hard = (
        MeanTest(seen(1.0, 1.0), low=0, name="easy"),
        MeanTest(seen(0.5, 1.0), low=0, name="hard"),
    )
    both = need([[easy, hard]])
    assert both.test.name == "hard"
    assert both.more is not None
    assert both.more >= 34 - 6
    either = need([[], [hard], [easy]])
    assert (either.alternative, either.test.name) == (2, "easy")
    neither = need([[MeanTest(seen(0.01, 1.0), high=0)], [MeanTest(seen(0.01, 1.0), low=0)]])
    assert (neither.more, neither.test.low) == (None, 0)  # the closer of the two


def test_identical_values_decide_at_once_or_never() -> None:
    assert need([[MeanTest(seen(0.2, 0.0, count=5), low=0)]], MIN_RUNS).more == 1
    assert need([[MeanTest(seen(0.0, 0.0), low=0)]]).more is None


def test_the_logarithms_behind_a_ratio() -> None:
    ratios = [0.9, 1.1, 1.3, 0.8]
    logs, behind = mean_interval(np.log(ratios).tolist()), log_interval(ratio_interval(ratios))
    for name in ("mean", "low", "high", "count", "deviation"):
        assert getattr(behind, name) == pytest.approx(getattr(logs, name))
    assert math.isnan(log_interval(ratio_interval([2.0])).deviation)
