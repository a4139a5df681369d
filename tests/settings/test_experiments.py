"""Experiments: one sweep or several, and what the command line says of them goes first."""

import sys

import pytest

from isbe_bench.catalogue.losses import MODES
from isbe_bench.settings import composition, experiments


def composed(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[tuple[str, str, int]]:
    monkeypatch.setattr(sys, "argv", ["isbe-bench", *arguments])
    runs = composition.compose()
    assert not any("sweeps" in run for run in runs)
    return [(run.arch.name, run.dataset.name, run.seed) for run in runs]


def test_an_experiment_may_hold_several_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = composed(monkeypatch, "experiment=tau")
    mnist = [(net, "mnist", 0) for net in ("n0", "n1", "n1r")]
    assert runs == [*mnist, ("vgg16", "cifar10", 0)]


def test_keys_of_the_command_line_go_before_those_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = composed(monkeypatch, "experiment=quick", "seed=3", "loss=ce_mean,ce_sum")
    assert runs == [("n0", "digits", 3)] * 2
    runs = composed(monkeypatch, "experiment=quick", "-m", "seed=4")
    assert runs == [("n0", "digits", 4)] * len(MODES)


def test_tune_crosses_modes_rates_and_seeds_and_takes_other_grids(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len(set(composed(monkeypatch, "experiment=tune"))) == 3  # seeds
    assert len(composed(monkeypatch, "experiment=tune")) == 6 * 7 * 3
    narrow = ("arch=n1", "dataset=mnist", "loss=ce_mean,isbe_softmax", "optimizer.lr=0.1,1", "seed=4")
    assert composed(monkeypatch, "experiment=tune", *narrow) == [("n1", "mnist", 4)] * 4


def test_an_experiment_has_the_sweeps_of_the_one_that_it_is_built_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert composed(monkeypatch, "experiment=figure3") == composed(monkeypatch, "experiment=figure2")


def test_the_settings_of_an_experiment_are_shown_without_a_sweep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert composed(monkeypatch, "experiment=normalize", "--cfg", "job") == []
    assert "name: isbe_normalize" in capsys.readouterr().out


def test_what_names_no_experiment_stands_for_itself() -> None:
    for arguments in (["arch=n1"], ["-m", "seed=0,1"], ["experiment=nothing"], ["--help"]):
        assert experiments.expanded(arguments) == [arguments]


def test_sweeps_that_the_command_line_makes_the_same_are_one() -> None:
    row = ["loss=am_softmax", "classifier=cosine", "classifier.scale=7.5", "loss.margin=0.35"]
    (line,) = experiments.expanded(["experiment=zhu_table1", "seed=1", *row])
    assert line == ["-m", "experiment=zhu_table1", "seed=1", *row]
    assert len(experiments.expanded(["experiment=zhu_table1", "seed=1"])) == 6
