"""Tidy files: runs as CSV, a row a run and a row a detail, small enough to keep under version control.

Cells of a run's row hold JSON where a plain text would not come back as what it was: `null`, `true`,
`[1, 2]`, `"13.0"` (a text) and `13.0` (a number) are five values, and an empty cell is none.
"""

import functools
import gzip
import json
import math
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isbe_bench.collection.tasks import TASKS, Found
from isbe_bench.errors import InputError
from isbe_bench.records import write_atomically

NUMBERS = ("seed", "alpha", "tau", "test_images", "disturbed", "processes", "foreign_cpu_share")
"""Of a run's row, what is always a number, or true or false."""

SAMPLES = "samples.csv"
_SAMPLE_COLUMNS = ("dataset", "image", "label", "name", "png")


def write(frames: dict[str, list[pd.DataFrame]], folder: Path) -> list[Path]:
    """Write each task's rows and details, where it has a run; the same frames give the same bytes.

    Raises
    ------
    InputError
        There are such files already, and they hold runs that cannot be read, which would be lost.
    """
    _, problems = read(folder, without=set())
    if problems:
        raise InputError(f"{problems[0]}; mend it or move it away, or its runs would be lost")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, task in TASKS.items():
        rows, *details = frames[name]
        if rows.empty:
            continue
        encoded = rows.map(encode)
        for file, frame in zip((task.rows[0], *task.details), (encoded, *details), strict=True):
            path = folder / file
            content = frame.to_csv(index=False).encode()
            # Without a time in it, which would make each file another.
            write_atomically(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
            written.append(path)
    return written


def read(folder: Path, without: set[str]) -> tuple[dict[str, Found], list[str]]:
    """What `write` has written, but for runs of the given names; a line for each problem."""
    found, problems = {}, []
    for name, task in TASKS.items():
        found[name] = task.nothing()
        file, required = task.rows
        if not (folder / file).exists():
            continue
        try:
            rows = [row for row in _rows(folder / file, required) if row["run"] not in without]
            details = [_details(folder / each, columns) for each, columns in task.details.items()]
        except (OSError, ValueError) as error:
            problems.append(f"{folder / file}: left out, {' '.join(str(error).split())}")
            continue
        whole, more = _whole(rows, details[0], folder / next(iter(task.details)))
        problems += more
        names = {row["run"] for row in whole}
        found[name] = Found(whole, [[frame[frame["run"].isin(names)]] for frame in details])
    return found, problems


def read_samples(folder: Path) -> tuple[pd.DataFrame, list[str]]:
    """The sample images of data sets, if there are any; a line if they cannot be read."""
    path = folder / SAMPLES
    if not path.exists():
        return pd.DataFrame(columns=list(_SAMPLE_COLUMNS)), []
    try:
        return _details(path, _SAMPLE_COLUMNS), []
    except (OSError, ValueError) as error:
        problem = f"{path}: left out, {' '.join(str(error).split())}"
        return pd.DataFrame(columns=list(_SAMPLE_COLUMNS)), [problem]


def _rows(path: Path, required: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of runs, each with the keys that it has a value for.

    Raises
    ------
    OSError, ValueError
        A file that cannot be read, or has no column, or no value, that a run cannot do without.
    """
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    _check_columns(path, table, required)
    table = table.drop(columns="settings", errors="ignore")  # they follow from all runs together
    rows = [
        {str(key): decode(cell) for key, cell in row.items() if cell != ""}
        for row in table.to_dict("records")
    ]
    for row in rows:
        if lacking := [key for key in required if key not in row]:
            raise ValueError(f"{path.name} has a run without {', '.join(lacking)}")
        for key in filter(NUMBERS.__contains__, required):
            if not isinstance(row[key], (int, float)):
                raise ValueError(f"{path.name} has a run with {key}={row[key]}")
    if twice := [name for name, count in Counter(row["run"] for row in rows).items() if count > 1]:
        raise ValueError(f"{path.name} has {', '.join(twice)} more than once")
    return rows


def _details(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """ValueError where the file is cut off, a column is missing, or a value is."""
    try:
        frame = pd.read_csv(path)
    except (EOFError, zlib.error) as error:
        raise ValueError(f"{path.name} cannot be read ({error})") from error
    _check_columns(path, frame, columns)
    for column in frame.columns[frame.isna().any()]:
        if column in columns:
            raise ValueError(f"{path.name} has no value for {column} in some row")
    return frame


def _check_columns(path: Path, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    if missing := [column for column in columns if column not in frame]:
        raise ValueError(f"{path.name} has no column {', '.join(missing)}")


def _whole(
    rows: list[dict[str, Any]], details: pd.DataFrame, path: Path
) -> tuple[list[dict[str, Any]], list[str]]:
    """The runs of which there is any detail, and a line for each other."""
    known = set(details["run"])
    missing = [
        f"{row['run']}: left out, {path} has no row of it" for row in rows if row["run"] not in known
    ]
    return [row for row in rows if row["run"] in known], missing


def encode(value: Any) -> str:
    """A cell from which `decode` gets the value back; empty for none (NaN)."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, str) and value and decode(value) == value:
        return value
    return json.dumps(value)


@functools.cache
def decode(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        return cell
