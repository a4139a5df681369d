"""Records: runs as CSV files with one row per run and per detail, small enough for version control.

A cell holds JSON where plain text would be read back as another value: `null`, `true`, `[1, 2]`,
`"13.0"` (a string) and `13.0` (a number) are five values. An empty cell is a missing value.
"""

import base64
import gzip
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from isbe_bench.analysis.reading import checks
from isbe_bench.analysis.reading.checks import Runs
from isbe_bench.analysis.reading.readers import Reader
from isbe_bench.errors import InputError
from isbe_bench.runs import manifest, schema
from isbe_bench.runs.files import write_atomically
from isbe_bench.runs.rows import ADDED_FILES, SAMPLES, SampleImage

_MAX_SIDE = 512
"""Of sample images, in pixels; those of public data sets have 32."""


def write(runs: dict[str, Runs], readers: dict[str, Reader], folder: Path) -> list[Path]:
    """Write the runs of each task that has any; the same runs give the same bytes.

    Raises
    ------
    InputError
        The folder already has records with runs that cannot be read, and that would be lost.
    """
    _, problems = read(folder, readers, without=set())
    if problems:
        raise InputError(f"{problems[0]}; repair it or move it away, or its runs will be lost")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for task, reader in readers.items():
        rows, details = runs[task].rows, runs[task].details
        if rows.empty:
            continue
        added = [name for name, column in schema.columns(reader.row).items() if column.added]
        rows = rows.drop(columns=[name for name in added if rows[name].isna().all()])
        frames = zip([reader.runs_file, *reader.details], [rows.map(encode), *details], strict=True)
        for file, frame in frames:
            if file in ADDED_FILES and frame.empty:
                continue
            content = frame.to_csv(index=False).encode()
            # Without a time stamp, which would change the bytes of every file.
            packed = gzip.compress(content, mtime=0) if file.endswith(".gz") else content
            write_atomically(folder / file, packed)
            written.append(folder / file)
    manifest.write(folder)
    return written


def read(
    folder: Path, readers: dict[str, Reader], without: set[str]
) -> tuple[dict[str, Runs], list[str]]:
    """Read the runs of each task, except those named in `without`, and a line for each problem."""
    recorded, problems = {task: Runs.none(reader) for task, reader in readers.items()}, []
    try:
        differences = manifest.check(folder)
    except (OSError, ValueError) as error:
        return recorded, [f"{folder}: left out, {error}"]
    for task, reader in readers.items():
        try:
            files = [reader.runs_file, *reader.details]
            checks.check_manifest(differences, files, "isbe-bench records")
            if any((folder / file).exists() for file in files):
                recorded[task], reasons = _read(folder, reader, without)
                path = folder / reader.runs_file
                problems += [f"{path}: {run} left out, {reason}" for run, reason in reasons.items()]
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            problems.append(f"{folder}: all runs of task={task} left out, {reason}")
    return recorded, problems


def no_samples() -> pd.DataFrame:
    """No sample images."""
    return pd.DataFrame(columns=list(schema.columns(SampleImage)))


def read_samples(folder: Path) -> tuple[pd.DataFrame, list[str]]:
    """The sample images of data sets, if any, and a line if they cannot be read."""
    path = folder / SAMPLES
    nothing = no_samples()
    if not path.exists():
        return nothing, []
    try:
        checks.check_manifest(manifest.check(folder), [SAMPLES], "isbe-bench samples")
        samples = schema.validate(schema.read(path, SampleImage), SampleImage, SAMPLES)
        for png in samples["png"]:
            _check_png(base64.b64decode(png, validate=True))
    except (OSError, ValueError, SyntaxError) as error:  # SyntaxError: a damaged PNG
        return nothing, [f"{path}: left out, {' '.join(str(error).split())}"]
    return samples, []


def _check_png(content: bytes) -> None:
    """Check a sample image, which has to be small: a few bytes may unpack to gigabytes."""
    image = Image.open(io.BytesIO(content), formats=["PNG"])
    if max(image.size) > _MAX_SIDE:
        raise ValueError(f"an image has {image.width} x {image.height} pixels")
    image.verify()


def _read(folder: Path, reader: Reader, without: set[str]) -> tuple[Runs, dict[str, str]]:
    """The runs of one task, and the reason to reject each other run, by name.

    Raises ValueError if a whole file cannot be used.
    """
    texts = schema.read_texts(folder / reader.runs_file, reader.row)
    same = texts["run"].map(checks.same_run)
    repeated = same.duplicated(keep=False)
    reasons = dict.fromkeys(texts["run"][repeated], "it appears more than once")
    rows, faults = _rows(texts[~repeated & ~same.isin(map(checks.same_run, without))], reader)
    reasons |= faults
    details = []
    for file, row in reader.details.items():
        if file in ADDED_FILES and not (folder / file).exists():
            details.append(schema.none(row, "run"))
            continue
        frame = schema.read(folder / file, row, "run")
        frame, wrong = checks.valid(frame[frame["run"].isin(rows["run"])], row, file)
        reasons |= {run: reason for run, reason in wrong.items() if run not in reasons}
        details.append(frame)
    sound = Runs(rows, details).without(reasons)
    runs, incomplete = checks.complete(sound, reader, reader.runs_file)
    return runs, reasons | incomplete


def _rows(texts: pd.DataFrame, reader: Reader) -> tuple[pd.DataFrame, dict[str, str]]:
    """The rows of runs, and the reason to reject each whose settings or origin no run has, by name."""
    names = texts["run"].tolist()
    # Other columns, such as `net` and `settings`, are derived from the settings again.
    summary = [name for name in schema.columns(reader.row) if name not in ("run", "seed")]
    environment = [name for name in texts if str(name).startswith("environment.")]
    rest = texts.columns.difference(environment, sort=False)
    keys = [key for key in rest if key in ("task", "seed") or "." in key]
    cells = texts[[*summary, *keys, *environment]].apply(_decoded)
    settings = [
        {key: value for key, value in zip(keys, values, strict=True) if not _is_nan(value)}
        for values in zip(*(cells[key] for key in keys), strict=True)
    ]
    parts = [str(name).removeprefix("environment.") for name in environment]
    origins = [dict(zip(parts, row, strict=True)) for row in cells[environment].itertuples(index=False)]
    faults = {}
    devices = cells["device"] if "device" in cells else ["unknown"] * len(names)
    for name, each, origin, device in zip(names, settings, origins, devices, strict=True):
        try:
            if not checks.fits_name(name, each):
                raise ValueError("its name does not fit its settings: edited?")
            known = {key: value for key, value in origin.items() if not _is_nan(value)}
            checks.check_values(each, known)
            checks.check_values({}, {"device": device})
        except (ValueError, TypeError) as error:  # TypeError: values of kinds that no run has
            faults[name] = str(error)
    return checks.table(names, cells[summary], settings, cells[environment]), faults


def _decoded(column: "pd.Series[str]") -> "pd.Series[Any]":
    """Decode each cell; an empty one becomes NaN."""
    codes, cells = pd.factorize(column)
    values = np.empty(len(cells), dtype=object)
    values[:] = [decode(cell) if cell else math.nan for cell in cells]
    return pd.Series(values[codes], index=column.index, dtype=object)


def encode(value: Any) -> str:
    """A cell that `decode` turns back into the value; empty for NaN."""
    if isinstance(value, np.generic):
        value = value.item()
    if _is_nan(value):
        return ""
    if isinstance(value, str) and value and decode(value) == value:
        return value
    return json.dumps(value)


def decode(cell: str) -> Any:
    """The value of a cell written by `encode`."""
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return cell


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
