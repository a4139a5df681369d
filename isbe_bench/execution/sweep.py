"""Executes many runs in turn: skips finished runs, continues after failures, reports each outcome."""

import signal
import sys
from collections.abc import Sequence
from types import FrameType

import pandas as pd
from tqdm import tqdm

from isbe_bench import tasks
from isbe_bench.execution.run import Outcome, execute
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings.run import ReadyRun, RunSettings


def run_all(asked: Sequence[RunSettings]) -> int:
    """Execute the runs in order; returns the exit code, 0 only if every run is done.

    All runs are checked before the first one starts. Runs that another process is working on are
    skipped and checked again at the end. An interrupt ends the current run as `interrupted`; no further
    run starts.

    Raises
    ------
    InputError
        A run that cannot be done on this machine; no run has started then.
    """
    runs = [tasks.find(settings.task).check(settings) for settings in asked]
    signal.signal(signal.SIGTERM, _interrupt)
    outcomes: list[Outcome] = []
    busy: list[ReadyRun] = []
    try:
        for number, ready in enumerate(runs, start=1):
            outcome = execute(ready)
            _say(f"[{number}/{len(runs)}] {_line(outcome)}")
            if outcome.status == "busy":
                busy.append(ready)
                continue
            outcomes.append(outcome)
            if outcome.status == "interrupted":
                break
        else:
            outcomes += [_wait(ready) for ready in busy]
    except KeyboardInterrupt:  # between two runs, or while waiting for another process
        _say("interrupted")
    if len(runs) > 1:
        _say(_table(runs, outcomes))
    done = [outcome for outcome in outcomes if outcome.status in ("done", "already done")]
    return 0 if len(done) == len(runs) else 1


def _wait(ready: ReadyRun) -> Outcome:
    """Wait for the process that is working on a run; then use its result, or continue its work."""
    _say(f"waiting for another process to finish {ready.title}")
    with RunFolder(ready).lock():
        pass
    return execute(ready)


def _line(outcome: Outcome) -> str:
    seconds = f" in {outcome.seconds:.1f} s" if outcome.seconds else ""
    note = f", {outcome.note}" if outcome.note else ""
    return f"{outcome.ready.title}: {outcome.status}{seconds}{note}"


def _table(runs: Sequence[ReadyRun], outcomes: Sequence[Outcome]) -> str:
    """The status of each run, and the number of runs with each status."""
    ended = {outcome.ready: outcome for outcome in outcomes}
    rows = []
    for ready in runs:
        outcome = ended.get(ready, Outcome(ready, "not run"))
        seconds = f"{outcome.seconds:.1f}" if outcome.seconds else ""
        rows.append((ready.slug, outcome.status, seconds, outcome.note))
    frame = pd.DataFrame(rows, columns=["run", "status", "seconds", "note"])
    counts = ", ".join(f"{count} {status}" for status, count in frame["status"].value_counts().items())
    table = frame.to_markdown(index=False, disable_numparse=True)
    return f"\n{table}\n\n{len(runs)} runs: {counts}; results in {runs[0].results_dir}/runs"


def _say(text: str) -> None:
    tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    """Treat SIGTERM like Ctrl-C."""
    raise KeyboardInterrupt
