"""Tidy files: runs as CSV, a row a run and a row a detail, small enough to keep under version control.

Cells of a run's row hold JSON where a plain text would not come back as what it was: `null`, `true`,
`[1, 2]`, `"13.0"` (a text) and `13.0` (a number) are five values, and an empty cell is none.
"""

import base64
import functools
import gzip
import io
import json
import math
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from isbe_bench.analysis.collection.rows import read_csv
from isbe_bench.analysis.collection.tasks import TASKS, Found
from isbe_bench.errors import InputError
from isbe_bench.runs.folder import write_atomically
from isbe_bench.runs.rows import SAMPLES

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
            if orphans := [each for each in task.details if (folder / each).exists()]:
                problems.append(f"{folder}: {', '.join(orphans)} left out, there is no {file}")
            continue
        try:
            every = _rows(folder / file, required)
            details = [_details(folder / each, columns) for each, columns in task.details.items()]
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            problems.append(f"{folder}: all runs of task={name} left out, {reason}")
            continue
        counts = Counter(row["run"] for row in every)
        rows = [row for row in every if row["run"] not in without and counts[row["run"]] == 1]
        found[name], flaws = task.sound(Found(rows, details))
        flaws |= {run: "it is there more than once" for run, count in counts.items() if count > 1}
        problems += [f"{folder / file}: {run} left out, {reason}" for run, reason in flaws.items()]
    return found, problems


def read_samples(folder: Path) -> tuple[pd.DataFrame, list[str]]:
    """The sample images of data sets, if there are any; a line if they cannot be read."""
    path = folder / SAMPLES
    if not path.exists():
        return pd.DataFrame(columns=list(_SAMPLE_COLUMNS)), []
    try:
        samples = _details(path, _SAMPLE_COLUMNS)
        for png in samples["png"]:
            Image.open(io.BytesIO(base64.b64decode(png, validate=True))).verify()
        return samples, []
    except (OSError, ValueError, TypeError, SyntaxError) as error:  # the last of a damaged PNG
        problem = f"{path}: left out, {' '.join(str(error).split())}"
        return pd.DataFrame(columns=list(_SAMPLE_COLUMNS)), [problem]


def _rows(path: Path, required: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of runs, each with the keys that it has a value for.

    Raises
    ------
    OSError, ValueError
        A file that cannot be read, or lacks a column.
    """
    table = read_csv(path, required, dtype=str, keep_default_na=False)
    table = table.drop(columns="settings", errors="ignore")  # they follow from all runs together
    return [
        {str(key): decode(cell) for key, cell in row.items() if cell != ""}
        for row in table.to_dict("records")
    ]


def _details(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """ValueError, with the file's name, where it is missing, cut off, or lacks a column."""
    try:
        return read_csv(path, columns)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path.name} cannot be read ({error})") from error


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
