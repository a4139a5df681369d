"""Intervals and verdicts against known distributions."""

import math

import numpy as np
import pytest
from scipy import stats

from isbe_bench.statistics.intervals import (
    MeanInterval,
    mean_interval,
    ratio_interval,
    welch_interval,
    welch_ratio,
    welch_ratio_difference,
)
from isbe_bench.statistics.verdicts import judge

TRIALS = 4000


@pytest.mark.parametrize("count", [2, 3, 5, 20])
def test_the_interval_covers_the_true_mean_as_often_as_it_says(count: int) -> None:
    rng = np.random.default_rng(count)
    intervals = [mean_interval(rng.normal(7.0, 2.0, count).tolist()) for _ in range(TRIALS)]
    covered = sum(interval.low <= 7.0 <= interval.high for interval in intervals)
    assert stats.binomtest(covered, TRIALS, 0.95).pvalue > 1e-4


@pytest.mark.parametrize("distribution", [stats.t(3), stats.laplace(), stats.uniform(-1, 2)])
def test_at_five_symmetric_values_the_interval_covers_at_least_as_often(
    distribution: stats.rv_continuous,
) -> None:
    rng = np.random.default_rng(0)
    draws = distribution.rvs((TRIALS, 5), random_state=rng)
    covered = sum(mean_interval(row.tolist()).holds_zero for row in draws)
    assert covered / TRIALS > 0.93


def test_a_percentile_bootstrap_of_five_covers_too_little() -> None:
    """Why the interval is Student's."""
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(TRIALS, 5))
    resampled = rng.integers(5, size=(1000, 5))
    means = draws[:, resampled].mean(axis=2)
    low, high = np.percentile(means, [2.5, 97.5], axis=1)
    assert np.mean((low <= 0) & (high >= 0)) < 0.88


def test_by_hand() -> None:
    interval = mean_interval([1.0, 2.0, 3.0])
    margin = 4.302652729911275 * 1.0 / math.sqrt(3)  # t(0.975, 2) * deviation / sqrt(n)
    assert (interval.mean, interval.count) == (2.0, 3)
    assert (interval.low, interval.high) == pytest.approx((2 - margin, 2 + margin))
    assert interval.half_width == pytest.approx(margin)
    assert interval.reach == pytest.approx(2 + margin)
    assert interval.holds_zero


def test_one_value_says_nothing_of_its_spread() -> None:
    interval = mean_interval([5.0])
    assert interval.mean == 5.0
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)
    assert not interval.holds_zero


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf]])
def test_no_interval_without_finite_values(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        mean_interval(values)


def test_a_ratio_and_its_inverse_are_the_same_finding() -> None:
    ratios = [0.9, 1.1, 1.3, 0.8]
    there, back = ratio_interval(ratios), ratio_interval([1 / ratio for ratio in ratios])
    assert there.mean == pytest.approx(math.prod(ratios) ** 0.25)
    assert (there.low, there.high) == pytest.approx((1 / back.high, 1 / back.low))


@pytest.mark.parametrize("ratios", [[0.0, 1.0], [-1.0, 2.0], []])
def test_no_ratio_without_positive_values(ratios: list[float]) -> None:
    with pytest.raises(ValueError, match=r"above 0|one finite value"):
        ratio_interval(ratios)


def interval(mean: float, half_width: float) -> MeanInterval:
    return MeanInterval(mean, mean - half_width, mean + half_width, 5)


@pytest.mark.parametrize(
    ("difference", "control", "kind", "within"),
    [
        (interval(-2.0, 0.5), interval(0.1, 0.3), "less", 2.5),
        (interval(2.0, 0.5), interval(0.1, 0.3), "more", 2.5),
        (interval(0.1, 0.5), interval(0.1, 0.3), "same", 0.6),  # holds zero
        (interval(0.3, 0.1), interval(0.1, 0.3), "same", 0.4),  # inside the noise floor of 0.4
        (interval(0.5, 0.6), interval(0.1, 0.3), "too noisy", 1.1),
        (interval(0.1, 0.1), interval(0.1, 1.3), "too noisy", 1.4),  # the control says so
        (interval(-9.0, 0.5), interval(0.4, 0.3), "untrusted", 9.5),  # equals differ
    ],
)  # fmt: skip
def test_verdicts(difference: MeanInterval, control: MeanInterval, kind: str, within: float) -> None:
    verdict = judge(difference, control, margin=1.0)
    assert verdict.kind == kind
    assert verdict.within == pytest.approx(within)


def measured(rng: np.random.Generator, effects: list[float], processes: int = 5) -> list[MeanInterval]:
    """Differences from one reference under several modes, in some processes, the first the control.

    Each process has a luck of its own under each mode; the reference's is shared by all differences.
    """
    lucks = rng.normal(0.0, 0.1, (processes, len(effects) + 1))
    differences = lucks[:, 1:] - lucks[:, :1] + np.array(effects)
    return [mean_interval(column.tolist()) for column in differences.T]


@pytest.mark.slow
def test_the_rate_of_false_verdicts_between_equals() -> None:
    rng = np.random.default_rng(0)
    kinds = []
    for _ in range(TRIALS):
        control, *others = measured(rng, [0.0] * 8)
        kinds += [judge(other, control, margin=1.0).kind for other in others]
    share = {kind: kinds.count(kind) / len(kinds) for kind in set(kinds)}
    assert share.get("less", 0) + share.get("more", 0) < 0.04
    assert share["untrusted"] == pytest.approx(0.05, abs=0.015)
    assert share["same"] > 0.85


def test_a_difference_beyond_the_noise_is_found_and_has_the_right_sign() -> None:
    rng = np.random.default_rng(0)
    kinds = []
    for _ in range(TRIALS):
        control, other = measured(rng, [0.0, -0.5])
        kinds.append(judge(other, control, margin=1.0).kind)
    assert kinds.count("less") / TRIALS > 0.85
    assert kinds.count("more") == 0


# --- two independent samples ----------------------------------------------------------------------


def test_welchs_interval_is_scipys() -> None:
    one, other = [5.0, 7.0, 6.5, 4.0], [1.0, 1.5]
    interval = stats.ttest_ind(one, other, equal_var=False).confidence_interval()
    found = welch_interval(one, other)
    assert found.mean == pytest.approx(5.625 - 1.25)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.count == 2  # of the smaller sample


def test_welchs_interval_by_hand() -> None:
    """Equal sizes and variances: as many degrees of freedom as Student's, 2 (n - 1)."""
    found = welch_interval([1.0, 2.0, 3.0], [11.0, 12.0, 13.0])
    half = stats.t.ppf(0.975, 4) * math.sqrt(1 / 3 + 1 / 3)
    assert (found.low, found.high) == pytest.approx((-10 - half, -10 + half))


@pytest.mark.slow
def test_welchs_interval_covers_the_difference_of_samples_of_different_spread() -> None:
    rng = np.random.default_rng(0)
    intervals = [
        welch_interval(rng.normal(3.0, 4.0, 5).tolist(), rng.normal(2.0, 1.0, 12).tolist())
        for _ in range(TRIALS)
    ]
    covered = sum(interval.low <= 1.0 <= interval.high for interval in intervals)
    assert 0.935 < covered / TRIALS < 0.965


def test_samples_without_spread() -> None:
    """Alphas of a small test set may be equal; warnings would be errors here."""
    both = welch_interval([99.9] * 3, [99.8] * 2)
    assert (both.low, both.high) == pytest.approx((0.1, 0.1))
    one = welch_interval([1.0, 2.0, 3.0], [2.0] * 5)
    student = mean_interval([1.0, 2.0, 3.0])
    assert (one.low, one.high) == pytest.approx((student.low - 2, student.high - 2))


def test_a_single_value_on_either_side_shows_no_spread() -> None:
    for values in (([3.0], [1.0, 1.2]), ([3.0, 3.2], [1.0])):
        found = welch_interval(*values)
        assert found.count == 1
        assert math.isnan(found.low)
        assert math.isnan(found.high)


def test_ratios_of_two_samples_are_compared_by_their_logarithms() -> None:
    one, other = [2.0, 2.2, 1.9], [1.0, 1.1, 0.9]
    logs = stats.ttest_ind(np.log(one), np.log(other), equal_var=False).confidence_interval()
    found = welch_ratio(one, other)
    assert found.mean == pytest.approx(stats.gmean(one) / stats.gmean(other))
    assert (found.low, found.high) == pytest.approx((math.exp(logs.low), math.exp(logs.high)))
    inverse = welch_ratio(other, one)
    assert (1 / inverse.high, 1 / inverse.low) == pytest.approx((found.low, found.high))
    with pytest.raises(ValueError, match="above 0"):
        welch_ratio([1.0, 0.0], [1.0])


@pytest.mark.slow
def test_the_difference_of_geometric_means_is_exact_and_covers_as_often_as_it_says() -> None:
    found = welch_ratio_difference([2.0, 8.0], [1.0, 4.0, 2.0])
    assert found.mean == pytest.approx(4 - 2)
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(TRIALS):
        one, other = 1.3 * np.exp(0.05 * rng.normal(size=5)), np.exp(0.02 * rng.normal(size=6))
        interval = welch_ratio_difference(one.tolist(), other.tolist())
        covered += interval.low <= 0.3 <= interval.high
    assert 0.935 < covered / TRIALS < 0.965
