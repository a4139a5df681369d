"""The state of a run, from its folder alone."""

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import Make, MakeTiming

from isbe_bench.errors import DivergedError
from isbe_bench.runs import manifest, state
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import Conditions, Epoch
from isbe_bench.runs.worker import Worker

NAN = float("nan")


def epochs(*seconds: float) -> list[Epoch]:
    curves = (0.01, 1.0, 50.0, 1.0, 1.0, 50.0, 1.0, 50.0, 1.0, 1.0, 1.0, 1.0)
    return [Epoch(number, *curves, each) for number, each in enumerate(seconds, start=1)]


@pytest.fixture
def folder(make_config: Make) -> RunFolder:
    """A training of ten epochs that this process is working on; three have ended."""
    folder = RunFolder(make_config("train.epochs=10"))
    folder.begin({"device": "a CPU"})
    folder.write_rows("epochs.csv", epochs(9.0, 2.0, 2.5))
    return folder


def amend(folder: RunFolder, **changes: Any) -> None:
    """Change `status.json`; None removes a key."""
    path = folder.path / "status.json"
    content = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def read(folder: RunFolder) -> state.RunState:
    found = state.read(folder.path)
    assert found
    return found


@pytest.fixture
def process() -> Iterator["subprocess.Popen[str]"]:
    """Another process; the first line that it prints describes it as a worker."""
    code = """
import dataclasses, json, time
from isbe_bench.runs.worker import Worker
print(json.dumps(dataclasses.asdict(Worker.current())), flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_a_run_at_work(folder: RunFolder) -> None:
    found = read(folder)
    assert found.state == "running"
    assert found.worker == Worker.current()
    assert found.stages == state.Stages("epoch", 10, (9.0, 2.0, 2.5))
    assert found.stages.left() == 7 * 2.5
    assert found.stages.left(typical=4.0) == 7 * 4.0
    assert found.reason == ""


def test_a_timed_run_counts_processes(make_timing: MakeTiming) -> None:
    folder = RunFolder(make_timing("timing.processes=5"))
    folder.begin({})
    found = read(folder)
    assert found.stages == state.Stages("process", 5, ())
    assert found.stages.left() is None
    row = Conditions(0, "2026-01-01", 12.5, 1e-4, 0.01, NAN, NAN, NAN, NAN, NAN, "", "")
    folder.write_rows("processes.csv", [row, dataclasses.replace(row, process=1, seconds=13.5)])
    stages = read(folder).stages
    assert stages
    assert stages.left() == 3 * 13.0


@pytest.mark.parametrize(
    ("status", "error", "expected", "reason"),
    [
        ("done", None, "done", ""),
        ("interrupted", KeyboardInterrupt(), "interrupted", ""),
        ("diverged", DivergedError("no longer finite"), "diverged", "no longer finite"),
        ("error", RuntimeError("first line\nsecond line"), "failed", "RuntimeError: first line"),
        ("error", ZeroDivisionError("by zero"), "failed", "ZeroDivisionError: by zero"),
    ],
)
def test_a_run_that_ended(
    folder: RunFolder, status: Any, error: BaseException | None, expected: str, reason: str
) -> None:
    try:
        raise error or KeyboardInterrupt
    except BaseException as raised:
        folder.end(status, None if error is None else raised)
    found = read(folder)
    assert (found.state, found.reason) == (expected, reason)


def test_a_process_that_was_killed(folder: RunFolder, process: "subprocess.Popen[str]") -> None:
    assert process.stdout
    amend(folder, **json.loads(process.stdout.readline()))
    assert read(folder).state == "running"
    process.kill()  # SIGKILL: it can record nothing
    deadline = time.monotonic() + 30
    while read(folder).state == "running":  # until it is gone, and nobody has asked for its exit code
        assert time.monotonic() < deadline
    assert read(folder).state == "killed"
    process.wait()
    assert read(folder).state == "killed"


def test_another_process_with_the_same_number_is_another(folder: RunFolder) -> None:
    boot, _, tick = Worker.current().process_ticks.partition(" ")
    if not tick:
        pytest.skip("the system counts no ticks from boot")
    amend(folder, process_ticks=f"{boot} {int(tick) - 1}")
    assert read(folder).state == "killed"
    amend(folder, process_ticks=f"another-boot {tick}")
    assert read(folder).state == "killed"


def test_a_clock_that_jumps_kills_no_process(folder: RunFolder) -> None:
    if not Worker.current().process_ticks:
        pytest.skip("the system counts no ticks from boot")
    started = datetime.fromisoformat(Worker.current().process_started)
    amend(folder, process_started=(started - timedelta(days=1)).isoformat())
    assert read(folder).state == "running"


def test_records_of_older_versions_go_by_the_time_of_start(folder: RunFolder) -> None:
    started = datetime.fromisoformat(Worker.current().process_started)
    amend(folder, process_ticks=None)
    assert read(folder).state == "running"
    amend(
        folder, process_started=(started + timedelta(seconds=1)).isoformat()
    )  # the clock was corrected
    assert read(folder).state == "running"
    amend(folder, process_started=(started - timedelta(minutes=1)).isoformat())
    assert read(folder).state == "killed"


def age(folder: RunFolder, seconds: float) -> None:
    then = time.time() - seconds
    for path in folder.path.iterdir():
        os.utime(path, (then, then))


@pytest.mark.parametrize(
    "changes", [{"host": "elsewhere"}, {"host": None, "process": None, "process_started": None}]
)
def test_elsewhere_and_in_old_folders_a_run_lives_while_its_folder_changes(
    folder: RunFolder, changes: dict[str, Any]
) -> None:
    amend(folder, **changes)
    assert read(folder).state == "running"
    age(folder, 2 * 3600)
    found = read(folder)
    assert found.state == "silent"
    assert found.silence == pytest.approx(2 * 3600, abs=60)
    folder.write_rows("epochs.csv", epochs(3600.0))
    assert read(folder).state == "running"
    age(folder, 2 * 3600)
    assert read(folder).state == "running"  # its epochs take long


def test_a_run_elsewhere_lives_while_its_process_touches_its_owner_file(folder: RunFolder) -> None:
    with folder.lock():
        amend(folder, host="elsewhere")
        age(folder, 600)
        assert read(folder).state == "running"
        (owner,) = folder.path.parents[1].glob(".locks/*.owner")
        then = time.time() - 600
        os.utime(owner, (then, then))
        found = read(folder)
        assert found.state == "silent"
        assert found.silence == pytest.approx(600, abs=60)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"status": "running"}', '{"status": "odd"}'])
def test_a_folder_without_a_status_has_no_run(folder: RunFolder, content: str | None) -> None:
    path = folder.path / "status.json"
    path.unlink() if content is None else path.write_text(content)
    assert state.read(folder.path) is None


@pytest.mark.parametrize("file", ["config.yaml", "epochs.csv"])
def test_files_that_cannot_be_read_cost_the_progress_alone(folder: RunFolder, file: str) -> None:
    (folder.path / file).write_text("[\n;")
    found = read(folder)
    assert found.state == "running"
    assert not found.stages or not found.stages.finished


def test_the_status_is_no_part_of_the_manifest(folder: RunFolder) -> None:
    folder.end("interrupted")
    amend(folder, host="elsewhere")
    assert manifest.check(folder.path) == {}
