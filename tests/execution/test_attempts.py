"""Attempts at a run by the workers of a sweep: which are made, repeated or given up."""

import pytest
from conftest import Make

from isbe_bench.execution.run import MOST_DEATHS, execute
from isbe_bench.runs.folder import RunFolder
from isbe_bench.tasks.train import work
from isbe_bench.tasks.train.settings import ReadyTraining

SWEEP = "a1b2c3d4"


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replaces the work of a training; gets a line for each attempt, afresh or not."""
    made = []

    def run(ready: ReadyTraining, folder: RunFolder) -> str:
        made.append("afresh" if folder.is_repeated else "going on")
        folder.begin({})
        return "alpha 12.00%"

    monkeypatch.setattr(work, "run", run)
    return made


def die(ready: ReadyTraining, times: int) -> None:
    """Leave the folder as processes do that begin the run and are killed."""
    for _ in range(times):
        folder = RunFolder(ready, sweep=SWEEP)
        folder.clear()
        folder.begin({})


def test_a_run_that_kills_its_processes_is_given_up(make_config: Make, attempts: list[str]) -> None:
    ready = make_config()
    die(ready, MOST_DEATHS - 1)
    assert RunFolder(ready, sweep=SWEEP).deaths == MOST_DEATHS - 1
    die(ready, 1)
    outcome = execute(ready, sweep=SWEEP)
    assert (outcome.status, outcome.note) == ("error", "5 processes died while they worked on it")
    assert RunFolder(ready, sweep=SWEEP).has_ended()
    assert not attempts
    assert execute(ready, sweep="another").status == "done"
    assert attempts == ["going on"]


def test_deaths_before_count_no_more_once_a_run_was_interrupted_by_a_signal(
    make_config: Make, attempts: list[str]
) -> None:
    ready = make_config()
    die(ready, 2)
    folder = RunFolder(ready, sweep=SWEEP)
    folder.begin({})
    folder.end("interrupted")
    assert RunFolder(ready, sweep=SWEEP).deaths == 2
    assert execute(ready, sweep=SWEEP).status == "done"


@pytest.mark.parametrize("status", ["error", "diverged"])
def test_a_failed_run_is_tried_once_in_a_sweep(
    make_config: Make, attempts: list[str], status: str
) -> None:
    ready = make_config()
    folder = RunFolder(ready, sweep=SWEEP)
    folder.begin({})
    folder.end("diverged" if status == "diverged" else "error", RuntimeError("no"))
    assert execute(ready, sweep=SWEEP).status == "already done"
    assert not attempts
    assert execute(ready, sweep="another").status == "done"


def test_force_repeats_a_run_once_in_a_sweep(make_config: Make, attempts: list[str]) -> None:
    """Whichever worker comes second, or goes on after a death, does not start again."""
    ready = make_config("force=true")
    assert execute(ready, sweep="before").status == "done"
    assert execute(ready, sweep=SWEEP).status == "done"
    assert execute(ready, sweep=SWEEP).status == "already done"
    die(ready, 1)
    assert execute(ready, sweep=SWEEP).status == "done"
    assert attempts == ["afresh", "afresh", "going on"]
    assert execute(ready).status == "done"
    assert attempts[3:] == ["afresh"]


def test_what_a_finished_run_found_is_recorded(make_config: Make, attempts: list[str]) -> None:
    ready = make_config()
    assert execute(ready, sweep=SWEEP).note == "alpha 12.00%"
    assert '"note": "alpha 12.00%"' in (RunFolder(ready).path / "status.json").read_text()
