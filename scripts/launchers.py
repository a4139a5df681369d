"""`make launchers`: a sweep of tiny runs under each launcher, undisturbed, and with workers killed.

Each run trains N0 on the embedded digits on one thread. Launchers but `here` have two workers. Undisturbed
sweeps are timed, and so is the same command when all is done: that is the start-up. In a last sweep under
each launcher workers are killed by SIGKILL at random moments; its runs have to end with the numbers of the
undisturbed sweep under `here`.
"""

import argparse
import contextlib
import importlib.util
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import slurm_cluster
from injection import kills, judging
from injection.commands import Command, stop
from injection.trial import Reference, Tally, Trial

from isbe_bench import signals
from isbe_bench.progress import Progress, Work
from isbe_bench.runs.rows import EPOCHS

LAUNCHERS = {"here": 1, "processes": 2, "slurm": 2, "ray": 2}
"""The number of workers."""
_FORMULA = (
    "Overhead of a run = (wall - start-up - sum of epoch_s / workers) / runs; start-up: the wall time of the "
    "same command when all is done; speed-up: the wall time under here over that of the launcher."
)


@dataclass
class Times:
    """Of one launcher, in seconds, a value for each undisturbed sweep."""

    wall: list[float] = field(default_factory=list)
    start_up: list[float] = field(default_factory=list)
    epochs: list[float] = field(default_factory=list)

    def overhead(self, workers: int, runs: int) -> float:
        """Seconds of a run that are not spent in its epochs."""
        each = zip(self.wall, self.start_up, self.epochs, strict=True)
        return statistics.median(wall - start - epochs / workers for wall, start, epochs in each) / runs


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    for name, default, words in (
        ("runs", 100, "of a sweep"),
        ("epochs", 1, "of a run"),
        ("rounds", 2, "of undisturbed sweeps, in which the launchers take turns"),
        ("kills", 20, "of workers, at most, under each launcher"),
        ("seed", 0, "of the random moments"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{words} (default: {default})")
    parser.add_argument(
        "--launchers", default=",".join(LAUNCHERS), help="here, and others; default: all"
    )
    arguments = parser.parse_args()
    names = arguments.launchers.split(",")
    if names[0] != "here" or not set(names) <= set(LAUNCHERS):
        parser.error(
            f"--launchers={arguments.launchers}: allowed is here, then any of processes, slurm, ray"
        )
    if min(arguments.runs, arguments.epochs, arguments.rounds) < 1 or arguments.kills < 0:
        parser.error("--runs, --epochs, --rounds: allowed is an integer, 1 or more; --kills: 0 or more")
    absent = {name: reason for name in names if (reason := _missing(name))}
    there = [name for name in names if name not in absent]
    folder = Path(tempfile.mkdtemp(prefix="launchers-"))
    try:
        with signals.as_interrupts(), _slurm(folder / "slurm", "slurm" in there):
            bench = Bench(folder, arguments)
            ...
    except KeyboardInterrupt:
        return signals.exit_code()
    finally:
        stop()
        shutil.rmtree(folder)
