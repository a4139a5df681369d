"""What each task's runs come down to: how a folder is read, and the tidy files that keep it."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from isbe_bench.collection import measurements, theory, trainings
from isbe_bench.tasks import head, timing
from isbe_bench.tasks.theory import Row as Check
from isbe_bench.training import Epoch


@dataclasses.dataclass
class Found:
    """Runs of one task: a row each, and for each kind of detail the frames of all of them."""

    rows: list[dict[str, Any]]
    details: list[list[pd.DataFrame]]


@dataclasses.dataclass(frozen=True)
class Task:
    """A task as its records see it.

    Attributes
    ----------
    read
        `(folder, its config.yaml) -> (row, details)`; raises OSError, ValueError, KeyError or
        TypeError where a file is missing, cannot be read, or holds what no run leaves.
    rows
        The tidy file with a row a run, and the columns that it cannot do without.
    details
        The tidy files of the details, each with its columns.
    """

    read: Callable[[Path, Any], tuple[dict[str, Any], list[pd.DataFrame]]]
    rows: tuple[str, Sequence[str]]
    details: dict[str, Sequence[str]]

    def nothing(self) -> Found:
        """No run yet."""
        return Found([], [[] for _ in self.details])


def _columns(schema: type) -> list[str]:
    return ["run", *(field.name for field in dataclasses.fields(schema))]


_MEASURED = ("run", "device", "seed", "started")
_TIMED = (*_MEASURED, "processes", "disturbed", "foreign_cpu_share", "clock_ms")

TASKS = {
    "train": Task(
        trainings.read,
        ("runs.csv", trainings.COLUMNS),
        {"epochs.csv": _columns(Epoch), "errors.csv.gz": trainings.ERROR_COLUMNS},
    ),
    "timing": Task(
        measurements.read_timing,
        ("timing_runs.csv", (*_TIMED, "dataset", "net")),
        {"timing.csv.gz": _columns(timing.Sample)},
    ),
    "head": Task(
        measurements.read_head, ("head_runs.csv", _TIMED), {"head.csv.gz": _columns(head.Sample)}
    ),
    "theory": Task(theory.read, ("theory_runs.csv", _MEASURED), {"theory.csv": _columns(Check)}),
}
"""All tasks, by name."""
