"""`isbe-bench status`: the state of every run of a results folder."""

import argparse
import signal
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import pandas as pd

from isbe_bench import literal, signals, streams
from isbe_bench.errors import InputError
from isbe_bench.progress import in_words
from isbe_bench.runs import overview
from isbe_bench.runs.overview import Entry, Overview

_SECONDS_BETWEEN_DRAWINGS = 2
_CLEAR_SCREEN = "\033[H\033[2J"
_LONGEST_NOTE = 100
_COUNTED = {"done": 0, "waiting": 5, "missing": 5}
"""Runs that need no attention one by one: how many of them have a line of their own."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this word."""
    parser.add_argument("--all", action="store_true", help="a line for every run, also for those done")
    parser.add_argument("--watch", action="store_true", help="draw it again and again, until Ctrl-C")


def show(results_dir: Path, every: bool, watch: bool) -> int:
    """Print the state of every run, once or until Ctrl-C; returns the exit code.

    Raises
    ------
    InputError
        A folder that does not exist or in which no run was asked for.
    """
    clear = _CLEAR_SCREEN if watch and sys.stdout.isatty() else ""
    try:
        while True:
            found = overview.read(results_dir.expanduser())
            if not found.runs:
                raise InputError(
                    f"RESULTS_DIR={results_dir}: has no run in runs/ or sweeps/; "
                    "allowed is a folder in which runs were started"
                )
            text = describe(found, results_dir, every)
            print(f"{clear}{text}", end="\n\n" if watch else "\n", flush=True)
            if not watch or not streams.stdout_is_read():
                return 0
            time.sleep(_SECONDS_BETWEEN_DRAWINGS)
    except KeyboardInterrupt:
        if signals.received() not in (None, signal.SIGINT):
            raise
        return 0  # Ctrl-C is how --watch ends


def describe(found: Overview, results_dir: Path, every: bool) -> str:
    """A table of the runs, where tracebacks are, counts, and the commands that continue what is left."""
    shown: list[Entry] = []
    counts: Counter[str] = Counter()
    for entry in found.runs:
        counts[entry.state] += 1
        if every or counts[entry.state] <= _COUNTED.get(entry.state, len(found.runs)):
            shown.append(entry)
    parts = []
    if shown:
        table = pd.DataFrame([_row(each) for each in shown]).loc[:, lambda frame: frame.ne("").any()]
        parts.append(literal.table(table))
    failed = [each for each in shown if each.state == "failed"]
    traces = [
        literal.plain(f"{each.title}: traceback in {_trace(results_dir, each)}") for each in failed
    ]
    parts += ["\n".join(traces)] if traces else []
    hidden = len(found.runs) - len(shown)
    summary = f"{len(found.runs)} runs: " if len(found.runs) > 1 else "1 run: "
    summary += ", ".join(f"{count} {state}" for state, count in counts.most_common())
    parts.append(f"{summary}; {hidden} without a line (--all)" if hidden and shown else summary)
    if commands := found.unfinished:
        parts.append(
            "\n".join(
                ["To go on with what is left:", *(f"  {literal.plain(each)}" for each in commands)]
            )
        )
    return "\n\n".join(parts)


def _row(entry: Entry) -> dict[str, str]:
    run = entry.run
    stages = run.stages if run else None
    left = stages.left() if run and stages and run.state == "running" else None
    return {
        "run": entry.title,
        "state": entry.state,
        "finished": f"{stages.name} {stages.finished} of {stages.total}" if stages else "",
        "left": f"about {in_words(left)}" if left is not None else "",
        "note": _note(entry),
    }


def _trace(results_dir: Path, entry: Entry) -> Path:
    return results_dir / "runs" / entry.slug / "status.json"


def _note(entry: Entry) -> str:
    run, sweep = entry.run, entry.sweep
    if entry.state == "waiting" and sweep:
        before = f"{run.state} before; " if run else ""
        return f"{before}{sweep.worker} will come to it"
    if run is None:
        if sweep is None:
            return "its folder has no status.json that can be read"
        return f"{sweep.job} may come to it" if sweep.job else ""
    worker = [str(run.worker)] if run.worker else []
    if entry.state == "running":
        return ", ".join([*worker, f"since {_local(run.started)}"])
    if entry.state == "silent":
        return ", ".join([*worker, f"no sign of life for {in_words(run.silence)}"])
    if entry.state == "killed" and run.worker:
        return f"{run.worker} is gone"
    return run.note[:_LONGEST_NOTE]


def _local(started: str) -> str:
    """A time in the time zone of the reader; with its day unless that is today."""
    when = datetime.fromisoformat(started).astimezone()
    today = when.date() == datetime.now().astimezone().date()
    return when.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")
