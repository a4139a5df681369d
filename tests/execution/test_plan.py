"""`plan=true`: what a command would do, and how long that takes."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest
from conftest import Make, MakeTiming

from isbe_bench.execution import plan, run, sweep
from isbe_bench.measuring import devices, environment
from isbe_bench.runs import sweeps
from isbe_bench.runs.folder import CHECKPOINT, RunFolder, Status
from isbe_bench.runs.rows import Conditions, Epoch
from isbe_bench.settings.run import ReadyRun
from isbe_bench.training import trainer

NAN = float("nan")


def epochs(*seconds: float) -> list[Epoch]:
    curves = (0.01, 1.0, 50.0, 1.0, 1.0, 50.0, 1.0, 50.0, 1.0, 1.0, 1.0, 1.0)
    return [Epoch(number, *curves, each) for number, each in enumerate(seconds, start=1)]


def leave(
    ready: ReadyRun, status: Status | None, *seconds: float, here: bool = True, **origin: Any
) -> RunFolder:
    """A training as it lies in its folder: epochs of so many seconds, on this machine or another one."""
    folder = RunFolder(ready)
    known = environment.describe(devices.activate(ready.device)) if here else {"device": "another"}
    folder.begin(known | origin)
    if seconds:
        folder.write_rows("epochs.csv", epochs(*seconds))
    if status != "done":
        (folder.path / CHECKPOINT).write_bytes(b"weights")
    if status:
        folder.end(status, None if status == "done" else RuntimeError("no"))
    return folder


def rows(*runs: ReadyRun) -> tuple[list[list[str]], str]:
    """The cells of the table after the title, and the last line."""
    lines = plan.describe([(each, each.title) for each in runs]).splitlines()
    table = [[cell.strip() for cell in line.split("|")[2:-1]] for line in lines if line[:1] == "|"]
    return table[2:], lines[-1]


def test_what_is_done_goes_on_and_starts(make_config: Make) -> None:
    runs = [make_config("train.epochs=10", f"seed={seed}") for seed in range(5)]
    leave(runs[0], "done", *[60.0] * 9, 1000.0)
    leave(runs[1], "interrupted", 60.0, 60.0, 60.0)
    leave(runs[2], "error", 60.0)
    leave(runs[3], "diverged", 60.0)
    table, summary = rows(*runs)
    assert table == [
        ["to go on", "interrupted; from epoch 4 of 10", "7 min"],
        ["to go on", "failed; from epoch 2 of 10", "9 min"],
        ["to start again", "diverged; nothing was kept", "10 min"],
        ["to start", "", "10 min"],
    ]
    assert summary == (
        "5 runs: 1 done, 2 to go on, 1 to start again, 1 to start; about 36 min left; nothing was run"
    )
    assert rows(runs[0]) == ([], "1 run: 1 done; nothing is left to run")


def test_a_plan_keeps_its_word(make_config: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run does go on from the epoch that the plan names."""
    ready = make_config("train.epochs=3")
    train = trainer.Trainer._train
    trained = []

    def interrupt(self: Any, images: Any, number: int, progress: Any) -> Any:
        trained.append(number)
        if trained == [1, 2]:
            raise KeyboardInterrupt
        return train(self, images, number, progress)

    monkeypatch.setattr(trainer.Trainer, "_train", interrupt)
    assert run.execute(ready).status == "interrupted"
    ((does, detail, left),), _ = rows(ready)
    assert (does, detail) == ("to go on", "interrupted; from epoch 2 of 3")
    assert left.endswith(" s")
    assert run.execute(ready).status == "done"
    assert trained == [1, 2, 2, 3]


def test_a_run_begun_under_another_version_starts_again(make_config: Make) -> None:
    ready = make_config("train.epochs=2")
    leave(ready, "interrupted", 60.0, torch="1.0")
    table, _ = rows(ready)
    assert table == [["to start again", "interrupted; another torch", "2 min"]]


def test_force_starts_again(make_config: Make) -> None:
    done, begun = make_config("train.epochs=2"), make_config("train.epochs=2", "seed=1")
    leave(done, "done", 60.0, 60.0)
    leave(begun, "interrupted", 60.0)
    table, _ = rows(*(each.model_copy(update={"force": True}) for each in (done, begun)))
    assert table == [
        ["to start again", "done; force=true", "2 min"],
        ["to start again", "interrupted; force=true", "2 min"],
    ]


def test_what_other_processes_do_is_said(make_config: Make, tmp_path: Path) -> None:
    at_work, next_one = (make_config("train.epochs=5", f"seed={seed}") for seed in (0, 1))
    leave(at_work, None, 60.0)
    sweeps.write(tmp_path / "results", "isbe-bench", {next_one.slug: next_one.title})
    table, summary = rows(at_work, next_one)
    (busy, by, left), (start, who, _) = table
    assert (busy, left) == ("busy", "4 min")
    assert by.startswith(f"process {os.getpid()} on ")
    assert (start, who) == ("to start", f"{by} will come to it")
    assert summary.startswith("2 runs: 1 busy, 1 to start; about 9 min left")


@pytest.mark.parametrize(
    ("overrides", "left"),
    [
        ("loss=isbe_tanh seed=3", "2 min"),
        ("optimizer.lr=0.5 device.threads=1", "2 min"),
        ("arch=n1", "unknown"),
        ("train.batch_size=64", "unknown"),
    ],
)
def test_an_epoch_takes_as_long_as_with_the_same_net_data_and_batch_size(
    make_config: Make, overrides: str, left: str
) -> None:
    leave(make_config("train.epochs=5"), "interrupted", 100.0, 60.0, 1.0)
    table, _ = rows(make_config("train.epochs=2", *overrides.split()))
    assert table == [["to start", "", left]]


def test_epochs_of_another_device_say_nothing(make_config: Make) -> None:
    leave(make_config("train.epochs=2"), "done", 60.0, 60.0, here=False)
    table, summary = rows(make_config("train.epochs=2", "seed=1"))
    assert table == [["to start", "", "unknown"]]
    assert summary == "1 run: 1 to start; time left unknown; nothing was run"


def test_what_is_unknown_is_left_out_of_the_sum(make_config: Make) -> None:
    leave(make_config("train.epochs=2"), "done", 60.0, 60.0)
    _, summary = rows(make_config("train.epochs=2", "seed=1"), make_config("arch=n1"))
    assert "about 2 min left, without 1 of unknown length" in summary


def test_a_timed_run_takes_as_long_as_with_the_same_settings(make_timing: MakeTiming) -> None:
    before = make_timing("timing.processes=2")
    folder = RunFolder(before)
    folder.begin(environment.describe(devices.activate(before.device)))
    row = Conditions(0, "2026-01-01", 100.0, 1e-4, 0.01, NAN, NAN, NAN, NAN, NAN, "", "")
    folder.write_rows("processes.csv", [row, dataclasses.replace(row, process=1, seconds=140.0)])
    folder.end("done")
    table, _ = rows(
        make_timing("timing.processes=3", "seed=7"), make_timing("timing.processes=3", "timing.rounds=5")
    )
    assert table == [["to start", "", "6 min"], ["to start", "", "unknown"]]


def test_folders_that_cannot_be_read_are_passed_over(make_config: Make) -> None:
    for seed, name in enumerate(("config.yaml", "environment.json", "epochs.csv")):
        folder = leave(make_config("train.epochs=2", f"seed={seed}"), "done", 5.0, 5.0)
        (folder.path / name).write_text("[\n;")
    leave(make_config("train.epochs=2", "seed=4"), "done", 60.0, 60.0)
    table, _ = rows(make_config("train.epochs=2", "seed=5"))
    assert table == [["to start", "", "2 min"]]


def test_planning_runs_and_writes_nothing(
    make_config: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = [make_config("plan=true", f"seed={seed}") for seed in (0, 1)]
    assert sweep.run_all(planned, "isbe-bench") == 0
    assert "2 runs: 2 to start" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_planned_run_is_the_same_run(make_config: Make) -> None:
    assert make_config("plan=true").slug == make_config().slug
