"""The runs of a results folder: those that have begun, and those that a sweep lists."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import Make

from isbe_bench.runs import overview, sweeps
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.worker import Worker
from isbe_bench.settings.titles import full_titles
from isbe_bench.tasks.train.settings import ReadyTraining

COMMAND = "isbe-bench -m seed=0,1,2"


@pytest.fixture
def runs(make_config: Make) -> list[ReadyTraining]:
    return [make_config(f"seed={seed}") for seed in range(3)]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def write_sweep(results: Path, runs: Sequence[ReadyTraining], command: str = COMMAND) -> Path:
    """List the runs as a command does, and return the file."""
    listed = {run.slug: title for run, title in zip(runs, full_titles(runs), strict=True)}
    sweeps.write(results, command, listed)
    return max((results / "sweeps").iterdir(), key=lambda path: path.stat().st_mtime_ns)


def amend(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def end_process(path: Path) -> None:
    """Make a sweep's process one that no longer exists."""
    amend(path, process_ticks="another boot 1")


def states(results: Path) -> list[str]:
    return [each.state for each in overview.read(results).runs]


def test_a_sweep_comes_back_as_it_was_written(results: Path, runs: list[ReadyTraining]) -> None:
    write_sweep(results, runs)
    (sweep,) = sweeps.read(results)
    assert sweep.command == COMMAND
    assert sweep.worker == Worker.current()
    assert list(sweep.runs.items()) == [(run.slug, run.title) for run in runs]
    assert sweep.is_live


def test_the_same_runs_replace_their_file_and_others_do_not(
    results: Path, runs: list[ReadyTraining]
) -> None:
    first = write_sweep(results, runs)
    assert write_sweep(results, runs[::-1], "isbe-bench -m seed=2,1,0") == first
    assert write_sweep(results, runs[:2]) != first
    assert len(sweeps.read(results)) == 2


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"command": "isbe-bench"}'])
def test_a_file_that_cannot_be_read_lists_nothing(results: Path, content: str) -> None:
    (results / "sweeps").mkdir(parents=True)
    (results / "sweeps" / "0123456789.json").write_text(content)
    assert sweeps.read(results) == []
    assert overview.read(results).runs == []


def test_runs_wait_while_the_process_of_their_sweep_lives_and_are_missing_then(
    results: Path, runs: list[ReadyTraining]
) -> None:
    file = write_sweep(results, runs)
    folder = RunFolder(runs[0])
    folder.begin({})
    assert states(results) == ["running", "waiting", "waiting"]
    assert overview.read(results).unfinished == []
    folder.end("done")
    end_process(file)
    assert states(results) == ["done", "missing", "missing"]
    assert overview.read(results).unfinished == [COMMAND]
    file.unlink()
    assert states(results) == ["done"]


def test_a_live_sweep_comes_to_runs_that_failed_before_it_and_not_to_its_own(
    results: Path, runs: list[ReadyTraining]
) -> None:
    file = write_sweep(results, runs)
    for run, status in zip(runs, ("error", "interrupted", "diverged"), strict=True):
        folder = RunFolder(run)
        folder.begin({})
        folder.end(status, RuntimeError("no"))  # type: ignore[arg-type]
    amend(file, started="2100-01-01T00:00:00+00:00")
    waiting = overview.read(results).runs
    assert [each.state for each in waiting] == ["waiting"] * 3
    assert [each.run.state for each in waiting if each.run] == ["failed", "interrupted", "diverged"]
    amend(file, started="2000-01-01T00:00:00+00:00")
    assert states(results) == ["failed", "interrupted", "diverged"]


def test_sweeps_of_other_machines_are_not_known_to_live(
    results: Path, runs: list[ReadyTraining]
) -> None:
    amend(write_sweep(results, runs), host="elsewhere")
    assert states(results) == ["missing"] * 3


def test_titles_are_those_of_the_newest_sweep_and_no_two_are_the_same(
    results: Path, make_config: Make
) -> None:
    pair = [make_config(f"optimizer.lr={lr}") for lr in (0.5, 0.25)]
    write_sweep(results, pair)
    assert [each.title for each in overview.read(results).runs] == full_titles(pair)
    amend(write_sweep(results, pair[:1]), started="2100-01-01T00:00:00+00:00")
    write_sweep(results, [make_config()])
    digests = [make_config(f"optimizer.lr={lr}").slug[-10:] for lr in (0.5, 0.01)]
    title = "n0 digits ce_mean seed 0"
    assert {each.title for each in overview.read(results).runs} == {
        *(f"{title} ({digest})" for digest in digests),
        f"{title} lr=0.25",
    }


def test_a_run_that_no_sweep_lists_goes_by_its_folder(results: Path, runs: list[ReadyTraining]) -> None:
    RunFolder(runs[0]).begin({})
    (entry,) = overview.read(results).runs
    assert (entry.title, entry.slug, entry.sweep) == (runs[0].slug, runs[0].slug, None)
