"""What each task's runs come down to: how a folder is read, and the tidy files that keep it."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from isbe_bench.analysis.collection import measurements, theory, trainings
from isbe_bench.analysis.collection.rows import CODE, is_named_right, retyped
from isbe_bench.runs.rows import Epoch, HeadSample, TimingSample
from isbe_bench.runs.rows import StatementCheck as Check

NUMBERS = ("seed", "alpha", "tau", "test_images", "disturbed", "processes", "foreign_cpu_share")
"""Of a run's row, what is always a number, or true or false."""


@dataclasses.dataclass
class Found:
    """Runs of one task: a row each, and for each kind of detail one frame of all of them."""

    rows: list[dict[str, Any]]
    details: list[pd.DataFrame]


@dataclasses.dataclass(frozen=True)
class Task:
    """A task as its records see it.

    Attributes
    ----------
    read
        `(folder, its config.yaml) -> (row, details)`; raises OSError, ValueError, KeyError or
        TypeError where a file is missing or cannot be read.
    flaws
        `(rows, *details) -> {run: what no run leaves}`, whether they come from folders or tidy files.
    rows
        The tidy file with a row a run, and the columns that it cannot do without.
    details
        The tidy files of the details, each with its columns.
    """

    read: Callable[[Path, Any], tuple[dict[str, Any], list[pd.DataFrame]]]
    flaws: Callable[..., dict[str, str]]
    rows: tuple[str, Sequence[str]]
    details: dict[str, Sequence[str]]

    def nothing(self) -> Found:
        """No run yet."""
        return Found([], [pd.DataFrame(columns=list(columns)) for columns in self.details.values()])

    def sound(self, found: Found) -> tuple[Found, dict[str, str]]:
        """What is found without the runs that no run leaves so, and what is wrong with each of those."""
        if not found.rows:
            return self.nothing(), {}
        flaws = {row["run"]: reason for row in found.rows if (reason := self._of_row(row))}
        rest = [row for row in found.rows if row["run"] not in flaws]
        flaws |= self.flaws(rest, *found.details) if rest else {}
        rows = [row for row in rest if row["run"] not in flaws]
        names = {row["run"] for row in rows}
        details = [retyped(frame[frame["run"].isin(names)]) for frame in found.details]
        return Found(rows, details), flaws

    def _of_row(self, row: dict[str, Any]) -> str | None:
        """What no run of any task leaves."""
        if missing := [key for key in self.rows[1] if key not in row]:
            return f"it has no {', '.join(missing)}"
        for key in NUMBERS:
            if key in row and not isinstance(row[key], (int, float)):
                return f"it has {key}={row[key]}"
        return None if is_named_right(row) else "its name does not fit its configuration: edited?"


def _columns(schema: type) -> list[str]:
    return ["run", *(field.name for field in dataclasses.fields(schema))]


_MEASURED = ("run", "device", "seed", "started", *CODE)
_TIMED = (*_MEASURED, "processes", "disturbed", "foreign_cpu_share", "clock_ms")

TASKS = {
    "train": Task(
        trainings.read,
        trainings.flaws,
        ("runs.csv", (*trainings.COLUMNS, *CODE)),
        {"epochs.csv": _columns(Epoch), "errors.csv.gz": trainings.ERROR_COLUMNS},
    ),
    "timing": Task(
        measurements.read_timing,
        measurements.timing_flaws,
        ("timing_runs.csv", (*_TIMED, "dataset", "net")),
        {"timing.csv.gz": _columns(TimingSample)},
    ),
    "head": Task(
        measurements.read_head,
        measurements.head_flaws,
        ("head_runs.csv", _TIMED),
        {"head.csv.gz": _columns(HeadSample)},
    ),
    "theory": Task(
        theory.read, theory.flaws, ("theory_runs.csv", _MEASURED), {"theory.csv": _columns(Check)}
    ),
}
"""All tasks, by name."""
