"""Alpha in two results folders: pairs by seed, identical predictions, and what is only counted."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from isbe_bench.analysis.comparing import trainings
from isbe_bench.analysis.comparing.difference import Difference, Key, Seeds
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.statistics.verdicts import paired


def group(alphas: dict[int, float], wrong: dict[int, list[tuple[int, int]]] | None = None) -> Trainings:
    """Trainings of N0 on MNIST with `ce_mean`: alpha by seed, and images with their wrong predictions."""
    rows = [
        {"run": f"seed{seed}", "seed": seed, "alpha": alpha, "dataset": "mnist", "net": "n0", "mode": "ce_mean", "settings": "", "train.epochs": 3}
        for seed, alpha in alphas.items()
    ]  # fmt: skip
    errors = [(f"seed{seed}", *each) for seed, images in (wrong or {}).items() for each in images]
    columns = ["run", "image", "prediction"]
    return Trainings(pd.DataFrame(rows), pd.DataFrame(), pd.DataFrame(errors, columns=columns))


def alpha(a: Trainings, b: Trainings) -> Difference:
    (difference,) = trainings.differences(Key.of("train", a.where, "ce_mean"), a, b)
    return difference


def test_runs_of_one_seed_are_pairs_and_other_seeds_are_only_counted() -> None:
    values = [99.0, 99.2, 99.1, 99.3, 99.0, 99.4]
    shifts = [0.03, -0.01, 0.02, 0.04, 0.0, 0.01]
    a = dict(enumerate(values)) | {17: 10.0}
    b = {seed: values[seed] + shifts[seed] for seed in range(6)} | {8: 20.0, 9: 20.0}
    found = alpha(group(a), group(b, {seed: [(0, 1)] for seed in b}))
    expected = paired(shifts, 0.1)
    assert found.seeds == Seeds(common=6, only_a=1, only_b=2, identical=0)
    assert found.difference is not None
    assert found.difference.mean == pytest.approx(np.mean(shifts))
    assert found.difference.low == pytest.approx(expected.difference.low)
    assert (found.method, found.verdict, found.words) == ("paired", "same", "same within 0.1")
    assert found.within == 0.1
    assert found.a.mean == pytest.approx(np.mean(values))  # of the common seeds alone


def test_identical_are_predictions_not_accuracies() -> None:
    accuracies = {0: 99.0, 1: 99.5}
    wrong = {0: [(3, 1), (5, 2)], 1: [(7, 7)]}
    other_class = wrong | {1: [(7, 8)]}
    same = alpha(group(accuracies, wrong), group(accuracies, wrong))
    assert (same.verdict, same.words) == ("identical", "identical")
    almost = alpha(group(accuracies, wrong), group(accuracies, other_class))
    assert almost.verdict == "too few runs"
    assert almost.seeds == Seeds(2, 0, 0, identical=1)
    assert almost.difference is not None
    assert almost.difference.mean == 0


def test_without_a_common_seed_there_is_welchs_interval_and_no_verdict() -> None:
    one, other = [99.0, 99.2, 99.3], [98.0, 98.5]
    found = alpha(group(dict(enumerate(one))), group(dict(enumerate(other, 10))))
    interval = stats.ttest_ind(other, one, equal_var=False).confidence_interval()
    assert found.difference is not None
    assert (found.difference.low, found.difference.high) == pytest.approx(tuple(interval))
    assert (found.method, found.verdict, found.words) == ("Welch", "", "no common seed")
    assert found.seeds == Seeds(0, 3, 2, 0)
    single = alpha(group({0: 99.0}), group({1: 98.0}))
    assert single.method == ""
    assert single.difference is not None
    assert single.difference.mean == -1
    assert np.isnan(single.difference.low)
