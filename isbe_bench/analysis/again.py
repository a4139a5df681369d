"""A run that was done again beside its record: values that have to be the same to the bit."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from isbe_bench.runs import reading, schema
from isbe_bench.runs.rows import (
    ADDED_FILES,
    DIAGNOSTICS,
    EPOCHS,
    ORACLE,
    PREDICTIONS,
    SIGNALS,
    STOP,
    THEORY,
    Diagnostic,
    Epoch,
    OracleCheck,
    Prediction,
    Signal,
    StatementCheck,
    Stopped,
)

_ROWS: Mapping[str, tuple[type, str, int]] = {
    EPOCHS: (Epoch, "epoch", 1),
    PREDICTIONS: (Prediction, "image", 0),
    DIAGNOSTICS: (Diagnostic, "row", 1),
    STOP: (Stopped, "row", 1),
    SIGNALS: (Signal, "row", 1),
    THEORY: (StatementCheck, "check", 1),
    ORACLE: (OracleCheck, "check", 1),
}
"""The files that hold what is computed, not timed: their rows, what one is, and the first's number."""

_TIMES = ("forward_ms", "backward_ms", "optimizer_ms", "data_ms", "epoch_s")

_BITS_NEED = (
    *("numerics", "torch", "torchvision", "cuda", "cudnn", "device", "cpu", "threads"),
    *("deterministic", "packages"),
)
"""The parts of the environment on which bits depend."""


@dataclass(frozen=True)
class Deviation:
    """A value that differs: where, as in `epoch 3` or `image 17`, and as recorded and now."""

    file: str
    row: str
    column: str
    recorded: str
    now: str


@dataclass(frozen=True)
class Compared:
    """A file of a run and of its repetition.

    Attributes
    ----------
    file
        Its name.
    count
        How many values both have.
    deviations
        Those that differ, in the order of the file.
    """

    file: str
    count: int
    deviations: Sequence[Deviation]


@dataclass(frozen=True)
class Change:
    """A part of the environment that differs; `matters` is whether bits depend on it."""

    key: str
    recorded: str
    now: str
    matters: bool


def changes(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """How two environments differ; what is not recorded counts as different, if bits depend on it."""
    before, after = ({"numerics": 1} | dict(each) for each in (recorded, now))
    keys = [*after, *(key for key in before if key not in after)]
    return [
        Change(key, _word(before, key), _word(after, key), key in _BITS_NEED)
        for key in keys
        if key != "foreign_cpu_share" and _word(before, key) != _word(after, key)
    ]


def check(folder: Path) -> None:
    """Check that the files of a run folder can be compared.

    Raises
    ------
    OSError, ValueError
        A file cannot be read, or has not the columns of its kind.
    """
    for file in _ROWS:
        if (folder / file).exists():
            table(folder / file)


def files(recorded: Path, now: Path, only_begun: bool) -> list[Compared]:
    """Compare the files of two run folders that hold what is computed.

    Files that older versions did not write are compared where the record has them.

    Parameters
    ----------
    recorded, now
        The folders.
    only_begun
        Whether the recorded run stopped early, so that it may have fewer files and rows.

    Raises
    ------
    OSError, ValueError
        As `check`, or a file that the recorded run lacks.
    """
    optional = _ROWS if only_begun else ADDED_FILES
    names = [
        file
        for file in _ROWS
        if (now / file).exists() and (file not in optional or (recorded / file).exists())
    ]
    return [_compared(file, recorded / file, now / file, only_begun) for file in names]


def _compared(file: str, recorded: Path, now: Path, only_begun: bool) -> Compared:
    (names, before), (_, after) = table(recorded), table(now)
    if only_begun:
        after = after[: len(before)]
    columns = [name for name in names if name not in _TIMES]
    values = len(columns) * max(len(before), len(after))
    return Compared(file, values, list(_differing(file, columns, before, after)))


def _differing(
    file: str, columns: list[str], before: list[dict[str, str]], after: list[dict[str, str]]
) -> Iterator[Deviation]:
    _, name, first = _ROWS[file]
    nothing: dict[str, str] = {}
    for number, (one, other) in enumerate(zip_longest(before, after, fillvalue=nothing), first):
        for column in columns:
            values = one.get(column, "nothing"), other.get(column, "nothing")
            if values[0] != values[1]:
                yield Deviation(file, f"{name} {number}", column, *values)


def table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and the rows of a file of a run that holds what is computed, as texts.

    Raises
    ------
    OSError, ValueError
        The file cannot be read, or has not the columns of its kind.
    """
    row, *_ = _ROWS[path.name]
    reading.check_regular(path)
    with path.open(newline="", encoding="utf-8") as file:
        try:
            reader = csv.DictReader(file, restval="nothing")
            rows, names = list(reader), list(reader.fieldnames or ())
        except csv.Error as error:
            raise ValueError(f"{path.name} cannot be read ({error})") from error
    schema.check_columns(names, row, path.name)
    return names, rows


def _word(environment: Mapping[str, Any], key: str) -> str:
    return str(environment[key]) if key in environment else "-"
