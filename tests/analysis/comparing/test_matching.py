"""Which runs of two results folders are compared, and what one folder alone has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Make, MakeTheory, MakeTiming
from recorded import record, record_times

from isbe_bench.analysis.collection import collect
from isbe_bench.analysis.comparing import Compared, compare
from isbe_bench.analysis.comparing.difference import Key
from isbe_bench.execution import run

In = Callable[..., None]


@pytest.fixture
def train(make_config: Make, tmp_path: Path) -> In:
    """Record a training in a folder below `tmp_path`."""

    def recorded(folder: str, alpha: float, *overrides: str, **origin: Any) -> None:
        record(make_config, alpha, f"results_dir={tmp_path / folder}", *overrides, **origin)

    return recorded


@pytest.fixture
def time(make_timing: MakeTiming, tmp_path: Path) -> In:
    """Record a timing of two losses in a folder below `tmp_path`."""

    def recorded(folder: str, *overrides: str, **details: Any) -> None:
        losses = "timing.losses=[ce_mean,isbe_softmax]"
        where = f"results_dir={tmp_path / folder}"
        named = [losses] if not any("timing.losses" in each for each in overrides) else []
        record_times(make_timing, where, *named, *overrides, **details)

    return recorded


def compared(tmp_path: Path) -> Compared:
    folders = [collect(tmp_path / name) for name in "ab"]
    assert [each.problems for each in folders] == [[], []]
    return compare(*folders)


def test_what_is_matched_and_what_one_folder_alone_has(train: In, tmp_path: Path) -> None:
    train("a", 98.0, "loss=ce_mean")
    train("a", 98.0, "loss=isbe_tanh")
    train("a", 97.0, "loss=ce_mean", "arch=n1")
    train("b", 98.5, "loss=ce_mean")
    train("b", 97.0, "loss=ce_mean", "train.batch_size=64")
    found = compared(tmp_path)
    (difference,) = found.differences
    where = {"dataset": "digits", "net": "n0", "epochs": 3, "settings": "train.batch_size=128"}
    assert difference.key == Key.of("train", where, "ce_mean")
    assert difference.b.mean == 98.5
    assert [(dict(key.where)["net"], key.mode) for key in found.only_a] == [
        ("n0", "isbe_tanh"),
        ("n1", "ce_mean"),
    ]
    (key,) = found.only_b
    assert dict(key.where)["settings"] == "train.batch_size=64"


def test_settings_that_no_folder_names_by_itself_tell_runs_apart(train: In, tmp_path: Path) -> None:
    """Each folder has one learning rate, and so none in its own tables."""
    train("a", 98.0, "optimizer.lr=0.1")
    train("b", 98.0, "optimizer.lr=0.2")
    found = compared(tmp_path)
    assert found.differences == []
    settings = [dict(key.where)["settings"] for key in (*found.only_a, *found.only_b)]
    assert settings == ["optimizer.lr=0.1", "optimizer.lr=0.2"]


def test_machines_do_not_keep_runs_from_being_matched(train: In, time: In, tmp_path: Path) -> None:
    train("a", 98.0, "device.threads=1", torch="2.12.0", numerics=1)
    train("b", 98.0, "device.threads=2", torch="2.13.0", numerics=2)
    time("a", environment={"torch": "2.12.0", "device": "another CPU"})
    time("b", "timing.rounds=30", "seed=1")
    found = compared(tmp_path)
    assert {each.key.task for each in found.differences} == {"train", "timing"}
    assert found.only_a == found.only_b == []
    origins = {(each.task, each.key): (each.a, each.b) for each in found.origins}
    assert origins["train", "device.threads"] == ("1", "2")
    assert origins["train", "torch"] == ("2.12.0", "2.13.0")
    assert origins["train", "numerics"] == ("1", "2")
    assert origins["timing", "torch"] == ("2.12.0", "2.13.0")
    assert origins["timing", "device"] == ("another CPU", "a CPU")
    assert origins["timing", "timing.rounds"] == ("20", "30")
    assert ("train", "device") not in origins


def test_machines_within_one_folder_are_told_apart(train: In, time: In, tmp_path: Path) -> None:
    train("a", 98.0, "device.threads=1")
    train("a", 90.0, "device.threads=2")
    train("b", 98.0, "device.threads=1", torch="2.14.0")
    time("a", environment={"device": "a fast CPU"})
    time("a", "seed=1", environment={"device": "a slow CPU"})
    time("b", "seed=2", environment={"device": "a slow CPU"})
    found = compared(tmp_path)
    matched = {(each.key.task, dict(each.key.where)["settings"]) for each in found.differences}
    assert matched == {("train", "device.threads=1"), ("timing", "environment.device=aslowCPU")}
    assert {dict(key.where)["settings"] for key in found.only_a} == {
        "device.threads=2",
        "environment.device=afastCPU",
    }


def test_more_runs_of_another_kind_change_no_match(train: In, time: In, tmp_path: Path) -> None:
    """What differs between runs that are not comparable anyway does not keep others apart."""
    time("a", "timing.rounds=20")
    time("b", "timing.rounds=30", "seed=1")
    time("b", "timing.rounds=40", "timing.losses=[ce_mean,isbe_softmax,isbe_tanh]")
    found = compared(tmp_path)
    assert {each.key.mode for each in found.differences} == {"ce_mean", "ce_mean@2", "isbe_softmax"}
    assert found.only_a == []
    assert {key.mode for key in found.only_b} > {"isbe_tanh"}


def test_another_list_of_losses_is_another_measurement(time: In, tmp_path: Path) -> None:
    """A loss has other neighbours then."""
    time("a")
    time("b", "timing.losses=[ce_mean,isbe_softmax,isbe_tanh]")
    found = compared(tmp_path)
    assert found.differences == []
    assert [key.mode for key in found.only_b] == ["ce_mean", "ce_mean@2", "isbe_softmax", "isbe_tanh"]


def test_seeds_of_one_timing_are_pooled(time: In, tmp_path: Path) -> None:
    time("a")
    time("a", "seed=1")
    time("b", "seed=2")
    (tau, *_) = compared(tmp_path).differences
    assert (tau.a.count, tau.b.count) == (10, 5)


def test_theory_is_matched_check_by_check(make_theory: MakeTheory, tmp_path: Path) -> None:
    for folder in "ab":
        run.execute(
            make_theory(f"results_dir={tmp_path / folder}", "theory.classes=[2]", "theory.samples=50")
        )
    found = compared(tmp_path)
    assert len(found.differences) > 20
    assert {each.words for each in found.differences} == {"identical"}
