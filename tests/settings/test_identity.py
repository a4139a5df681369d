"""What identifies a run, while settings are added and renamed."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Make, MakeTiming

from isbe_bench import tasks
from isbe_bench.analysis.reading.records import decode
from isbe_bench.execution import run
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings import identity, words
from isbe_bench.tasks.train.settings import ReadyTraining

GROUPS = (
    *("arch", "dataset", "loss", "optimizer", "device", "train", "timing", "head", "theory"),
    *("schedule", "classifier", "targets", "oracle"),  # younger than version 0.1
)
ELSEWHERE = {
    "results_dir": "results",
    "force": False,
    "plan": False,
    "launch.name": "here",
    "device.index": 0,
}


def recorded_runs(root: Path) -> list[Any]:
    """Name and flat settings of each run that the project has measured."""
    runs = []
    for path in sorted(root.glob("results/*/records/*runs.csv")):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                settings = {
                    key: decode(cell)
                    for key, cell in row.items()
                    if cell and (key in ("task", "seed") or (key.split(".")[0] in GROUPS and "." in key))
                }
                runs.append(pytest.param(row["run"], settings, id=row["run"]))
    return runs


RECORDED = recorded_runs(Path(__file__).parents[2])
A_TRAINING, A_TIMING = (  # as version 0.1 recorded them
    next(
        known
        for each in RECORDED
        if each.values[1]["task"] == task
        and "schedule.name" not in (known := identity.identity(each.values[1]))
    )
    for task in ("train", "timing")
)


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        *groups, name = key.split(".")
        node = tree
        for group in groups:
            node = node.setdefault(group, {})
        node[name] = value
    return tree


def ready_type(task: str) -> type:
    """The type that a task's checks return."""
    found = tasks.find(task).check.__annotations__["return"]
    assert isinstance(found, type)
    return found


def test_there_are_runs_of_every_task() -> None:
    assert len(RECORDED) > 90
    assert {each.values[1]["task"] for each in RECORDED} == set(tasks.names())


@pytest.mark.parametrize(("name", "flat"), RECORDED)
def test_runs_of_version_0_1_keep_their_names(name: str, flat: dict[str, Any]) -> None:
    """From their records alone, and as runs that are ready to be done again."""
    assert name.endswith(identity.digest(flat))
    data = {"dataset.root": "data", "dataset.download": True, "dataset.format": flat.get("dataset.name")}
    today = identity.current(flat) | ELSEWHERE | (data if "dataset.name" in flat else {})
    again = words.validate(ready_type(flat["task"]), nested(today))
    assert again.slug == name
    expected = identity.identity(flat)
    assert json.dumps(again.identity(), sort_keys=True) == json.dumps(expected, sort_keys=True)


def test_what_a_record_lacks_it_has_at_the_neutral_value(monkeypatch: pytest.MonkeyPatch) -> None:
    neutral = {"loss.sharpness": 1.0, "timing.modes.sharpness": 1.0, "schedule.name": "exponential"}
    digests = identity.digest(A_TRAINING), identity.digest(A_TIMING)
    monkeypatch.setattr(identity, "NEUTRAL", neutral)
    monkeypatch.setattr(identity, "RENAMED", {})
    training, timing = identity.current(A_TRAINING), identity.current(A_TIMING)
    assert training == A_TRAINING | {"loss.sharpness": 1.0, "schedule.name": "exponential"}
    assert "loss.sharpness" not in timing
    assert all(mode["sharpness"] == 1.0 for mode in timing["timing.modes"])
    for flat in (A_TRAINING, training):
        assert identity.digest(flat) == digests[0]
    for flat in (A_TIMING, timing):
        assert identity.digest(flat) == digests[1]
    assert "sharpness" not in A_TIMING["timing.modes"][0]  # the record itself is left alone


@pytest.mark.parametrize("value", [2.0, 1, True, "1.0", None, [1.0]])
def test_at_another_value_it_is_another_run(monkeypatch: pytest.MonkeyPatch, value: object) -> None:
    monkeypatch.setattr(identity, "NEUTRAL", {"loss.sharpness": 1.0})
    other = A_TRAINING | {"loss.sharpness": value}
    assert identity.digest(other) != identity.digest(A_TRAINING)
    assert identity.identity(other)["loss.sharpness"] == value


def test_a_renamed_key_keeps_its_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = identity.digest(A_TRAINING), identity.digest(A_TIMING)
    renamed = {"train.batch_size": "train.images_a_step", "timing.modes.curve": "timing.modes.shown"}
    monkeypatch.setattr(identity, "RENAMED", renamed)
    training, timing = identity.current(A_TRAINING), identity.current(A_TIMING)
    assert training["train.images_a_step"] == A_TRAINING["train.batch_size"]
    assert "train.batch_size" not in training
    assert timing["timing.modes"][-1]["shown"] == "section_4"
    assert "curve" not in timing["timing.modes"][-1]
    assert (identity.digest(A_TRAINING), identity.digest(A_TIMING)) == digests
    assert (identity.digest(training), identity.digest(timing)) == digests
    assert identity.digest(training | {"train.images_a_step": 64}) != digests[0]


class Grown(ReadyTraining):
    """A training, with a setting that version 0.1 did not have."""

    patience: int | None


def test_a_finished_run_of_0_1_is_done_for_settings_that_have_grown(
    make_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = make_config("train.epochs=1")
    assert run.execute(before).status == "done"
    monkeypatch.setattr(identity, "NEUTRAL", {**identity.NEUTRAL, "patience": None})
    neutral = Grown(**dict(before), patience=None)
    assert run.execute(neutral).status == "already done"
    assert not RunFolder(Grown(**dict(before), patience=3)).path.exists()


def test_a_folder_holds_all_that_its_name_follows_from(make_timing: MakeTiming) -> None:
    ready = make_timing("timing.losses=[ce_mean,isbe_dilated_softmax:function]", "timing.rounds=1")
    folder = RunFolder(ready)
    folder.begin({})
    config = yaml.safe_load((folder.path / "config.yaml").read_text())
    assert config["timing"]["modes"][1]["implementation"] == "function"
    assert folder.path.name.endswith(identity.digest(identity.flatten(config)))
    again = words.validate(type(ready), config)
    assert again == ready
