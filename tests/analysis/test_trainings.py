"""Statements on accuracy from frames whose truth is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Make
from recorded import record
from scipy import stats

from isbe_bench.analysis import grouping
from isbe_bench.analysis.collection import collect
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.datasets import margin
from isbe_bench.statistics.verdicts import mcnemar, paired, smallest_corrected


def group(
    alphas: dict[str, list[float]], wrong: dict[tuple[str, int], list[int]] | None = None
) -> Trainings:
    """Runs of N0 on MNIST, a mode's alphas by seed, and the images that they get wrong."""
    runs = pd.DataFrame(
        [
            {"run": f"{mode}-{seed}", "dataset": "mnist", "net": "n0", "settings": "", "train.epochs": 3, "mode": mode, "seed": seed, "alpha": alpha}
            for mode, of_mode in alphas.items()
            for seed, alpha in enumerate(of_mode)
            if not np.isnan(alpha)
        ]
    )  # fmt: skip
    rows = [
        (f"{mode}-{seed}", image) for (mode, seed), images in (wrong or {}).items() for image in images
    ]
    return Trainings(runs, pd.DataFrame(), pd.DataFrame(rows, columns=["run", "image"]))


def test_differences_are_taken_between_runs_of_one_seed() -> None:
    nan = float("nan")
    made = group({"ce_mean": [99.0, 99.2, nan, 99.9], "isbe_tanh": [99.1, 99.4, 99.5, nan]})
    pair = made.difference("isbe_tanh", "ce_mean")
    assert pair is not None
    assert pair.difference.count == 2
    assert pair.difference.mean == pytest.approx(0.15)
    assert made.difference("isbe_softmax", "ce_mean") is None
    assert made.common_seeds("isbe_tanh", "ce_mean") == [0, 1]
    assert made.common_seeds("isbe_tanh", "isbe_softmax") == []


def test_below_six_pairs_there_is_no_verdict() -> None:
    five, six = ([0.001 * number for number in range(count)] for count in (5, 6))
    assert paired(five, 0.1).verdict == "too few runs"
    assert paired(six, 0.1).verdict == "same"


@pytest.mark.parametrize(
    ("centre", "spread", "verdict"),
    [
        (0.0, 0.02, "same"),
        (0.05, 0.01, "same"),
        (0.3, 0.02, "higher"),
        (-0.3, 0.02, "lower"),
        (0.0, 1.0, "undecided"),
    ],
)
def test_verdicts_on_accuracy(centre: float, spread: float, verdict: str) -> None:
    values = [centre + spread * (number - 3.5) for number in range(8)]
    assert paired(values, 0.1).verdict == verdict


def test_equivalence_is_two_one_sided_tests_against_the_margin() -> None:
    values = [0.03, -0.02, 0.05, 0.01, 0.00, 0.04, -0.01]
    pair = paired(values, 0.1)
    below = stats.ttest_1samp(values, -0.1, alternative="greater").pvalue
    above = stats.ttest_1samp(values, 0.1, alternative="less").pvalue
    assert pair.p_not_below == pytest.approx(below)
    assert pair.p_same == pytest.approx(max(below, above))


def test_equivalence_keeps_its_level() -> None:
    """Of differences that are as large as the margin, no more than 5% are called the same."""
    rng = np.random.default_rng(0)
    called = [
        paired((0.1 + 0.03 * rng.normal(size=6)).tolist(), 0.1).verdict == "same" for _ in range(2000)
    ]
    assert 0.03 < np.mean(called) < 0.07


def test_equals_have_no_spread_and_are_the_same() -> None:
    assert paired([0.0] * 6, 0.1).p_same == 0.0
    assert paired([0.2] * 6, 0.1).p_same == 1.0
    assert paired([0.0], 0.1).p_same == 1.0  # one says nothing


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan")])
def test_a_margin_is_above_zero(bad: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        paired([0.0, 0.1], bad)


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(0, 5) == pytest.approx(2 * 0.5**5)
    assert mcnemar(5, 0) == mcnemar(0, 5)
    assert mcnemar(4, 4) == 1.0
    assert smallest_corrected([0.5, 0.01, 0.2]) == pytest.approx(0.03)
    assert smallest_corrected([0.5, 0.9]) == 1.0


def test_which_images_are_wrong() -> None:
    made = group(
        {"ce_mean": [99.0, 99.0], "isbe_tanh": [99.0, 99.0]},
        {
            ("ce_mean", 0): [1, 2, 3],
            ("isbe_tanh", 0): [2, 3, 4, 5],
            ("ce_mean", 1): [3],
            ("isbe_tanh", 1): [],
        },
    )
    rows = made.images.discordant("isbe_tanh", "ce_mean")
    assert rows["seed"].tolist() == [0, 1]
    assert rows["only_mode"].tolist() == [2, 0]
    assert rows["only_reference"].tolist() == [1, 1]
    assert rows["both"].tolist() == [2, 0]
    assert rows["p"].tolist() == [1.0, 1.0]
    assert made.images.agreement("isbe_tanh", "ce_mean") == pytest.approx((2 / 5 + 0) / 2)
    assert made.images.agreement("ce_mean", "ce_mean") == pytest.approx(1 / 3)  # seeds 0 and 1


def test_runs_without_an_error_agree() -> None:
    assert (
        group({"ce_mean": [100.0], "isbe_tanh": [100.0]}).images.agreement("isbe_tanh", "ce_mean") == 1.0
    )


def test_the_floor_is_what_equals_reach() -> None:
    """Of differences between modes that are draws from one distribution, 95% stay below it."""
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(400):
        made = group(
            {
                mode: (99 + 0.1 * rng.normal(size=6)).tolist()
                for mode in ("ce_mean", "isbe_tanh", "isbe_softmax")
            }
        )
        pair = made.difference("isbe_tanh", "ce_mean")
        assert pair is not None
        inside.append(abs(pair.difference.mean) < made.floor(6))
    assert 0.93 < np.mean(inside) < 0.99
    assert np.isnan(group({"ce_mean": [99.0]}).floor(1))


def test_margins_are_stated_by_data_set() -> None:
    assert margin("mnist") == 0.1
    assert margin("cifar10") == 0.5


def test_pairs_may_differ_in_any_key(make_config: Make, tmp_path: Path) -> None:
    """Two learning rates of one loss, paired by seed; the rate is no setting of the group then."""
    for seed in range(6):
        record(make_config, 98.0 + 0.01 * seed, f"seed={seed}")
        record(make_config, 98.5 + 0.01 * seed, f"seed={seed}", "optimizer.lr=0.5")
    collection = collect(tmp_path / "results")
    (group,) = grouping.groups(collection, vary="optimizer.lr")
    assert group.settings == ""
    pair = group.difference("0.5", "0.01")
    assert pair is not None
    assert (pair.difference.count, pair.verdict) == (6, "higher")
    assert pair.difference.mean == pytest.approx(0.5)
    assert len(list(grouping.groups(collection))) == 2  # by loss, the two rates are never paired


def test_cells_carry_all_that_a_table_shows() -> None:
    made = group(
        {"ce_mean": [99.0] * 6, "isbe_tanh": [99.2, 99.3, 99.2, 99.3, 99.2, 99.3], "focal": [98.0] * 6}
    )
    values, differences = (
        [cell for cell in made.cells if cell.is_difference == wanted] for wanted in (False, True)
    )
    assert [cell.mode for cell in values] == ["ce_mean", "isbe_tanh", "focal"]
    assert [cell.paper for cell in values] == [99.45, 99.45, None]
    assert [(cell.mode, cell.reference) for cell in differences] == [
        ("isbe_tanh", "ce_mean"),
        ("focal", "ce_mean"),
    ]
    assert [cell.verdict for cell in differences] == ["higher", "lower"]
    assert [cell.value.count for cell in differences] == [6, 6]
    assert differences[0].where == {"dataset": "mnist", "net": "n0", "epochs": 3, "settings": ""}


def test_the_paper_has_nothing_on_unbalanced_classes() -> None:
    balanced, unbalanced = group({"ce_mean": [99.0]}), group({"ce_mean": [97.0]})
    unbalanced.settings = "dataset.imbalance=100.0"
    assert [cell.paper for cell in balanced.cells] == [99.45]
    assert [cell.paper for cell in unbalanced.cells] == [None]
