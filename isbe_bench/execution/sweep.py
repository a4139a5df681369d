"""Executes many runs in turn: skips finished runs, continues after failures, reports each outcome."""

import contextlib
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

import pandas as pd
from tqdm import tqdm

from isbe_bench import literal, tasks
from isbe_bench.errors import InputError
from isbe_bench.execution.run import Outcome, execute
from isbe_bench.runs import places, sweeps
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings.run import ReadyRun, RunSettings
from isbe_bench.settings.titles import full_titles

Titled = tuple[ReadyRun, str]
"""A run, and its title in this sweep."""


def run_all(asked: Sequence[RunSettings], command: str) -> int:
    """Execute the runs in order, or only plan them; returns the exit code.

    All runs are checked before the first one starts, and listed in `sweeps/`. Runs that another process
    is working on are skipped and checked again at the end. An interrupt ends the current run as
    `interrupted`; no further run starts.

    Parameters
    ----------
    asked
        The runs.
    command
        The command line as typed, for the record.

    Returns
    -------
    int
        0 if every run is done, or was only planned; 128 + signal after a signal; else 1.

    Raises
    ------
    InputError
        A run that cannot be done on this machine; no run has started then.
    """
    ready = [tasks.find(settings.task).check(settings) for settings in asked]
    for each in ready:
        places.check_run(Path(each.results_dir).expanduser(), each.slug)
    runs = list(zip(ready, full_titles(ready), strict=True))
    if any(settings.plan for settings in asked):
        from isbe_bench.execution import plan  # imports PyTorch

        print(plan.describe(runs))
        return 0
    _list(runs, command)
    outcomes: dict[int, Outcome] = {}
    interrupted = False
    with _sigterm_as_interrupt() as signals:
        try:
            for number, outcome in _outcomes(runs):
                outcomes[number] = outcome
                interrupted = outcome.status == "interrupted"
        except KeyboardInterrupt:  # between two runs, or while waiting for another process
            interrupted = True
            _say("interrupted")
    if len(runs) > 1:
        _say(_closing(runs, outcomes))
    if interrupted:
        return 128 + (signals[0] if signals else signal.SIGINT)
    done = [each for each in outcomes.values() if each.status in ("done", "already done")]
    return 0 if len(done) == len(runs) else 1


def _list(runs: Sequence[Titled], command: str) -> None:
    """List the runs in `sweeps/` of each results folder that they go to."""
    for results in dict.fromkeys(ready.results_dir for ready, _ in runs):
        listed = {ready.slug: title for ready, title in runs if ready.results_dir == results}
        try:
            sweeps.write(Path(results).expanduser(), command, listed)
        except OSError as error:
            raise InputError(f"results_dir={results}: cannot be written to ({error})") from error


def _outcomes(runs: Sequence[Titled]) -> Iterator[tuple[int, Outcome]]:
    """Execute the runs, saying how each one ended; the last outcome after an interrupt says so.

    Each comes with the number of its run, from 0.
    """
    busy: list[int] = []
    for number, (ready, title) in enumerate(runs):
        outcome = execute(ready, title)
        _say(f"{_place(runs, number)}: {_words(outcome)}")
        if outcome.status == "busy":
            busy.append(number)
            continue
        yield number, outcome
        if outcome.status == "interrupted":
            return
    for number in busy:
        ready, title = runs[number]
        _say(f"{_place(runs, number)}: waiting for the process that is working on it")
        with RunFolder(ready).lock():
            pass
        outcome = execute(ready, title)  # uses the other's result, or continues its work
        _say(f"{_place(runs, number)}: {_words(outcome)}")
        yield number, outcome
        if outcome.status == "interrupted":
            return


def _place(runs: Sequence[Titled], number: int) -> str:
    return f"[{number + 1}/{len(runs)}] {runs[number][1]}"


def _words(outcome: Outcome) -> str:
    seconds = f" in {outcome.seconds:.1f} s" if outcome.seconds else ""
    note = f", {outcome.note}" if outcome.note else ""
    trace = f" (traceback in {outcome.trace})" if outcome.trace else ""
    return f"{outcome.status}{seconds}{note}{trace}"


def _closing(runs: Sequence[Titled], outcomes: Mapping[int, Outcome]) -> str:
    """The status of each run, where tracebacks are, and the number of runs with each status."""
    rows, traces = [], []
    for number, (ready, title) in enumerate(runs):
        outcome = outcomes.get(number, Outcome(ready, "not run"))
        seconds = f"{outcome.seconds:.1f}" if outcome.seconds else ""
        rows.append((title, outcome.status, seconds, outcome.note))
        if outcome.trace:
            traces.append(f"{title}: traceback in {outcome.trace}")
    frame = pd.DataFrame(rows, columns=["run", "status", "seconds", "note"])
    counts = ", ".join(f"{count} {status}" for status, count in frame["status"].value_counts().items())
    table = literal.table(frame)
    results = ", ".join(dict.fromkeys(f"{ready.results_dir}/runs" for ready, _ in runs))
    summary = f"{len(runs)} runs: {counts}; results in {results}"
    return "\n" + "\n\n".join(filter(None, [table, "\n".join(traces), summary]))


def _say(text: str) -> None:
    tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()


@contextlib.contextmanager
def _sigterm_as_interrupt() -> Iterator[list[int]]:
    """Treat SIGTERM like Ctrl-C; gives the list to which it is added when it comes."""
    signals: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        signals.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield signals
    finally:
        signal.signal(signal.SIGTERM, before)
