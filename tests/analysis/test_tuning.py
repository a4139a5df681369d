"""The best learning rate: by validation images alone, of rates with all their runs."""

from pathlib import Path

import pytest
from conftest import Make
from recorded import leave

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect
from isbe_bench.analysis.tuning import Tuning

ACCURACIES = {0.001: 80.0, 0.01: 90.0, 0.1: 85.0}


class Sweep:
    """Trainings at several rates, and what they choose."""

    def __init__(self, make_config: Make, results: Path) -> None:
        self._base = make_config("train.epochs=2")
        self._make, self._results = make_config, results

    def train(self, mode: str, rate: float, seed: int, validation: float, **details: float) -> None:
        """A training whose validation accuracy is this; its alpha is 99 minus that unless given."""
        base = self._base if mode == "ce_mean" else self._make("train.epochs=2", f"loss={mode}")
        optimizer = base.optimizer.model_copy(update={"lr": rate})
        config = base.model_copy(update={"optimizer": optimizer, "seed": seed})
        alpha = details.pop("alpha", 99.0 - validation)
        leave(config, alpha, validation=validation, validation_loss=details.get("loss", 0.4))

    def grid(self, mode: str, accuracies: dict[float, float], seeds: int = 3) -> None:
        for rate, accuracy in accuracies.items():
            for seed in range(seeds):
                self.train(mode, rate, seed, accuracy + 0.1 * seed)

    def tunings(self) -> list[Tuning]:
        return Analysis(collect(self._results)).tunings

    def tuning(self) -> Tuning:
        (tuning,) = self.tunings()
        return tuning


@pytest.fixture
def sweep(make_config: Make, tmp_path: Path) -> Sweep:
    return Sweep(make_config, tmp_path / "results")


def test_validation_images_choose_the_rate_and_test_images_do_not(sweep: Sweep) -> None:
    sweep.grid("ce_mean", ACCURACIES)  # whose alpha is lowest where the validation accuracy is highest
    (tuned,) = sweep.tuning().modes
    assert tuned.rates == [0.001, 0.01, 0.1]
    assert (tuned.best, tuned.edge) == (0.01, "")
    assert tuned.accuracy(0.01).mean == pytest.approx(90.1)
    assert tuned.accuracy(0.01).count == 3


def test_of_equal_rates_the_one_with_the_lower_validation_loss_is_best(sweep: Sweep) -> None:
    for rate, loss in ((0.001, 0.5), (0.01, 0.3), (0.1, 0.4)):
        sweep.train("ce_mean", rate, 0, 90.0, loss=loss)
    (tuned,) = sweep.tuning().modes
    assert tuned.best == 0.01


@pytest.mark.parametrize(("best", "edge"), [(0.001, "lowest"), (0.01, ""), (0.1, "highest")])
def test_a_best_rate_at_the_end_of_the_grid_is_named(sweep: Sweep, best: float, edge: str) -> None:
    sweep.grid("ce_mean", dict.fromkeys(ACCURACIES, 80.0) | {best: 90.0}, seeds=1)
    assert sweep.tuning().modes[0].edge == edge


def test_a_rate_with_fewer_runs_is_never_best(sweep: Sweep) -> None:
    sweep.grid("ce_mean", ACCURACIES)
    sweep.train("ce_mean", 0.5, 0, 99.0, alpha=50.0)  # the other seeds diverged
    (tuned,) = sweep.tuning().modes
    assert tuned.best == 0.01
    assert tuned.complete == [0.001, 0.01, 0.1]
    assert tuned.rates == [0.001, 0.01, 0.1, 0.5]


def test_two_rates_choose_nothing(sweep: Sweep) -> None:
    sweep.grid("ce_mean", {0.001: 80.0, 0.01: 90.0})
    assert sweep.tunings() == []


def test_rates_of_seeds_that_have_no_other_rate_choose_nothing(sweep: Sweep) -> None:
    for seed, rate in enumerate(ACCURACIES):
        sweep.train("ce_mean", rate, seed, 90.0)
    assert sweep.tunings() == []


def test_modes_are_compared_each_at_its_own_best_rate(sweep: Sweep) -> None:
    sweep.grid("ce_mean", ACCURACIES)
    sweep.grid("isbe_tanh", {0.001: 92.0, 0.01: 70.0, 0.1: 60.0})
    tuning = sweep.tuning()
    assert [(each.mode, each.best) for each in tuning.modes] == [("ce_mean", 0.01), ("isbe_tanh", 0.001)]
    assert tuning.difference(tuning.modes[0]) is None
    pair = tuning.difference(tuning.modes[1])
    assert pair is not None
    assert pair.difference.mean == pytest.approx(2.0)
    assert (pair.difference.count, pair.verdict) == (3, "too few runs")
    assert tuning.new_difference(tuning.modes[1]) is None


def test_new_seeds_at_the_best_rate_measure_it_and_choose_nothing(sweep: Sweep) -> None:
    sweep.grid("ce_mean", ACCURACIES)
    sweep.grid("isbe_tanh", {0.001: 92.0, 0.01: 70.0, 0.1: 60.0})
    asked = sweep.tuning().next_runs()
    assert sorted(set(asked["seed"])) == [3, 4, 5, 6, 7, 8]
    assert dict(zip(asked["mode"], asked["optimizer.lr"], strict=True)) == {
        "ce_mean": 0.01,
        "isbe_tanh": 0.001,
    }
    for run in asked.to_dict("records"):
        alpha = 95.0 if run["mode"] == "ce_mean" else 96.0
        sweep.train(run["mode"], run["optimizer.lr"], run["seed"], 10.0, alpha=alpha)
    tuning = sweep.tuning()
    assert [(each.best, each.count(each.best)) for each in tuning.modes] == [(0.01, 3), (0.001, 3)]
    pair = tuning.new_difference(tuning.modes[1])
    assert pair is not None
    assert pair.difference.mean == pytest.approx(1.0)
    assert pair.difference.count == 6
    assert tuning.next_runs()["seed"].tolist() == asked["seed"].tolist()


def test_other_settings_are_tuned_apart(sweep: Sweep, make_config: Make) -> None:
    sweep.grid("ce_mean", ACCURACIES, seeds=1)
    for rate in ACCURACIES:
        leave(make_config("train.epochs=2", "train.batch_size=32", f"optimizer.lr={rate}"), 90.0)
    settings = [tuning.where["settings"] for tuning in sweep.tunings()]
    assert sorted(settings) == ["train.batch_size=128", "train.batch_size=32"]
