"""What a command says about its runs: a line when one ends, and a table at the end."""

import sys
from collections.abc import Mapping, Sequence

import pandas as pd
from tqdm import tqdm

from isbe_bench import literal
from isbe_bench.execution.run import Outcome
from isbe_bench.runs import state
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings.run import ReadyRun

Titled = tuple[ReadyRun, str]
"""A run, and its title in this sweep."""


def say(text: str) -> None:
    """Print a line above any progress bar."""
    tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()


def place(runs: Sequence[Titled], number: int) -> str:
    """The number of a run, counted from 1, and its title."""
    return f"[{number + 1}/{len(runs)}] {runs[number][1]}"


def words(outcome: Outcome) -> str:
    """How a run ended, in a few words."""
    seconds = f" in {outcome.seconds:.1f} s" if outcome.seconds else ""
    note = f", {outcome.note}" if outcome.note else ""
    trace = f" (traceback in {outcome.trace})" if outcome.trace else ""
    return f"{outcome.status}{seconds}{note}{trace}"


def closing(runs: Sequence[Titled], outcomes: Mapping[int, Outcome]) -> str:
    """The status of each run, where tracebacks are, and the number of runs with each status."""
    rows, traces = [], []
    for number, (ready, title) in enumerate(runs):
        outcome = outcomes.get(number) or _unfinished(ready)
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


def _unfinished(ready: ReadyRun) -> Outcome:
    """What is left of a run that did not end before its command did."""
    found = state.read(RunFolder(ready).path)
    if found and found.state in ("interrupted", "killed"):
        return Outcome(ready, "interrupted", "the same command resumes it")
    if found and found.state in ("running", "silent"):
        return Outcome(ready, "busy", f"{found.worker or 'another process'} is working on it")
    return Outcome(ready, "not run")
