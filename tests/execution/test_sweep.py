"""A sweep: its lines, its closing table, and how it ends after a signal."""

import contextlib
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import Make

from isbe_bench import signals
from isbe_bench.execution import in_turn, sweep
from isbe_bench.execution.run import Outcome
from isbe_bench.runs import sweeps
from isbe_bench.runs.folder import CHECKPOINT, RunFolder, Status
from isbe_bench.tasks.train import work
from isbe_bench.tasks.train.settings import ReadyTraining

ARGUMENTS = ["-m", "..."]
Work = Callable[[ReadyTraining, RunFolder], str]


@pytest.fixture
def do(monkeypatch: pytest.MonkeyPatch) -> Callable[[Work], None]:
    """Replaces the work of a training."""
    return lambda replacement: monkeypatch.setattr(work, "run", replacement)


def begin_and(act: Callable[[ReadyTraining], str]) -> Work:
    def run(ready: ReadyTraining, folder: RunFolder) -> str:
        folder.begin({})
        return act(ready)

    return run


def test_lines_and_table_name_what_differs_and_where_a_traceback_is(
    make_config: Make, do: Callable[[Work], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def act(ready: ReadyTraining) -> str:
        if "lr=0.5" in str(ready.optimizer):
            raise RuntimeError("no memory")
        return "alpha 12.00%"

    do(begin_and(act))
    good, bad = make_config("optimizer.lr=0.25"), make_config("optimizer.lr=0.5")
    assert sweep.run_all([good, bad], ARGUMENTS) == 1
    printed = capsys.readouterr().out.splitlines()
    trace = RunFolder(bad).path / "status.json"
    assert [re.sub(r"\d+\.\d s", "N s", line) for line in printed[:2]] == [
        "[1/2] n0 digits ce_mean seed 0 lr=0.25: done in N s, alpha 12.00%",
        "[2/2] n0 digits ce_mean seed 0 lr=0.5: error in N s, RuntimeError: no memory "
        f"(traceback in {trace})",
    ]
    assert "RuntimeError: no memory" in trace.read_text()
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in printed if line[:1] == "|"]
    assert table[0] == ["run", "status", "seconds", "note"]
    assert [row[0] for row in table[2:]] == [f"n0 digits ce_mean seed 0 lr={lr}" for lr in (0.25, 0.5)]
    assert [row[1] for row in table[2:]] == ["done", "error"]
    assert [row[3] for row in table[2:]] == ["alpha 12.00%", "RuntimeError: no memory"]
    assert f"n0 digits ce_mean seed 0 lr=0.5: traceback in {trace}" in printed
    assert printed[-1] == f"2 runs: 1 done, 1 error; results in {good.results_dir}/runs"


def test_runs_are_listed_before_the_first_one_starts(
    make_config: Make, do: Callable[[Work], None], tmp_path: Path
) -> None:
    listed = []

    def act(ready: ReadyTraining) -> str:
        listed.append(sweeps.read(tmp_path / "results"))
        return ""

    do(begin_and(act))
    runs = [make_config(f"seed={seed}") for seed in (0, 1)]
    assert sweep.run_all(runs, ARGUMENTS) == 0
    (first,), (second,) = listed
    assert first == second
    assert first.command == "isbe-bench -m ..."
    assert first.runs == {run.slug: run.title for run in runs}


def test_runs_are_listed_in_each_results_folder(
    make_config: Make, do: Callable[[Work], None], tmp_path: Path
) -> None:
    do(begin_and(lambda ready: ""))
    runs = [make_config(f"results_dir={tmp_path / name}") for name in ("a", "b")]
    assert sweep.run_all(runs, ARGUMENTS) == 0
    for run, name in zip(runs, ("a", "b"), strict=True):
        (only,) = sweeps.read(tmp_path / name)
        assert list(only.runs) == [run.slug]


@pytest.mark.parametrize("number", sorted(signals.ENDING))
def test_a_signal_ends_the_run_and_the_sweep_with_its_exit_code(
    make_config: Make,
    do: Callable[[Work], None],
    capsys: pytest.CaptureFixture[str],
    number: int,
) -> None:
    def act(ready: ReadyTraining) -> str:
        signal.raise_signal(number)
        return "never"

    do(begin_and(act))
    before = signal.getsignal(number)
    runs = [make_config(f"seed={seed}") for seed in (0, 1)]
    with signals.as_interrupts():
        assert sweep.run_all(runs, ARGUMENTS) == 128 + number
    assert "2 runs: 1 interrupted, 1 not run" in capsys.readouterr().out
    assert RunFolder(runs[0]).status() == "interrupted"
    assert not RunFolder(runs[1]).path.exists()
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("number", sorted(signals.ENDING))
def test_a_signal_between_two_runs_ends_the_sweep(
    make_config: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
) -> None:
    def execute(ready: ReadyTraining, title: str, sweep: str) -> Outcome:
        if ready.seed == 1:
            signal.raise_signal(number)
        return Outcome(ready, "done")

    monkeypatch.setattr(in_turn, "execute", execute)
    runs = [make_config(f"seed={seed}") for seed in (0, 1)]
    with signals.as_interrupts():
        assert sweep.run_all(runs, ARGUMENTS) == 128 + number
    printed = capsys.readouterr().out
    assert re.search(r"^interrupted( by SIG\w+)?$", printed, re.MULTILINE)
    assert "2 runs: 1 done, 1 not run" in printed


def test_a_run_of_another_process_is_waited_for_and_its_end_is_said(
    make_config: Make,
    do: Callable[[Work], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The other process ends its work while this one does its second run."""
    runs = [make_config(f"seed={seed}") for seed in (0, 1)]
    other = RunFolder(runs[0])
    lock = other.lock()

    def act(ready: ReadyTraining) -> str:
        other.begin({})
        other.end("done")
        lock.release()
        return ""

    do(begin_and(act))
    lock.acquire()
    assert sweep.run_all(runs, ARGUMENTS) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("[1/2] n0 digits ce_mean seed 0: busy")
    assert lines[1].startswith("[2/2] n0 digits ce_mean seed 1: done")
    assert lines[2] == "[1/2] n0 digits ce_mean seed 0: waiting for the process that is working on it"
    assert lines[3] == "[1/2] n0 digits ce_mean seed 0: already done"


def test_a_run_without_enough_memory_fails_alone_and_says_so(
    make_config: Make, do: Callable[[Work], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def act(ready: ReadyTraining) -> str:
        if ready.seed == 0:
            torch.empty(2**60)  # PyTorch's own error
        if ready.seed == 1:
            raise MemoryError
        if ready.seed == 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return ""

    do(begin_and(act))
    runs = [make_config(f"seed={seed}") for seed in range(4)]
    assert sweep.run_all(runs, ARGUMENTS) == 1
    printed = capsys.readouterr().out
    assert len(re.findall(r"error in .* s, out of memory: ", printed)) == 3
    assert "4 runs: 3 error, 1 done" in printed
    assert [RunFolder(run).status() for run in runs] == ["error"] * 3 + ["done"]


def test_an_interrupt_that_other_code_swallowed_ends_the_sweep_after_the_run(
    make_config: Make, do: Callable[[Work], None]
) -> None:
    def act(ready: ReadyTraining) -> str:
        with contextlib.suppress(BaseException):
            signal.raise_signal(signal.SIGUSR1)
            time.sleep(0.1)
        return ""

    do(begin_and(act))
    runs = [make_config(f"seed={seed}") for seed in (0, 1)]
    with signals.as_interrupts():
        assert sweep.run_all(runs, ARGUMENTS) == 128 + signal.SIGUSR1
    assert not RunFolder(runs[1]).path.exists()


def test_an_interrupt_that_other_code_swallowed_ends_the_wait_for_another_process(
    make_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a signal that falls into a finaliser, whose exceptions Python only prints."""
    tries = 0

    def execute(ready: ReadyTraining, title: str, sweep: str) -> Outcome:
        nonlocal tries
        tries += 1
        if tries == 2:
            with contextlib.suppress(BaseException):
                signal.raise_signal(signal.SIGUSR1)
                time.sleep(0.1)
        return Outcome(ready, "busy" if tries < 4 else "done")

    monkeypatch.setattr(in_turn, "execute", execute)
    monkeypatch.setattr(in_turn, "_SECONDS_BETWEEN_TRIES", 0.0)
    with signals.as_interrupts():
        assert sweep.run_all([make_config()], ARGUMENTS) == 128 + signal.SIGUSR1
    assert tries == 2


@pytest.mark.parametrize(("status", "stays"), [("done", False), ("diverged", False), ("error", True)])
def test_a_checkpoint_that_a_killed_process_could_not_remove_is_removed(
    make_config: Make, do: Callable[[Work], None], status: Status, stays: bool
) -> None:
    ready = make_config()
    folder = RunFolder(ready)
    folder.begin({})
    folder.end(status)
    checkpoint = folder.path / CHECKPOINT
    checkpoint.touch()
    seen = []

    def act(ready: ReadyTraining) -> str:
        seen.append(checkpoint.exists())
        return ""

    do(begin_and(act))
    sweep.run_all([ready, ready.model_copy(update={"seed": 1})], ARGUMENTS)
    assert seen[0] == stays
