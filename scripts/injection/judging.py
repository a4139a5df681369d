"""What became of a disturbed sweep: files that are torn, runs that are lost, numbers that changed."""

import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import yaml

from isbe_bench.runs import manifest, state
from isbe_bench.runs.lock import LOCKS, read_owner

_MEASURED = ("_ms", "_s")
"""Columns with these endings hold times; no two runs agree in them."""
_PARTIAL = ".partial"


def torn(results: Path) -> list[str]:
    """Files that cannot be parsed; at no moment may there be one."""
    return [f"{path.name}: {reason}" for path, reason in _torn(results)]


def litter(results: Path) -> list[str]:
    """What is left behind, or does not fit its manifest, when nobody is at work any more."""
    found = [f"{path.name}: left behind" for path in results.rglob(f"*{_PARTIAL}")]
    for owner in (results / LOCKS).glob("*.owner"):
        recorded = read_owner(owner)
        if recorded is None or recorded.worker is None:
            found.append(f"{owner.name}: names no process")
    for run in results.glob("runs/*"):
        status = state.read(run)
        if status is None or status.state != "done":
            continue
        if not (run / manifest.MANIFEST).exists():
            found.append(f"{run.name}: has no manifest")
        if (run / "checkpoint.pt").exists():
            found.append(f"{run.name}: keeps its checkpoint")
        try:
            differences = manifest.check(run)
        except (OSError, ValueError) as error:
            found.append(f"{run.name}: {error}")
        else:
            found += [f"{run.name}: {name} is {kind}" for name, kind in differences.items()]
    return found


def lost(results: Path, reference: Path) -> list[str]:
    """Runs of an undisturbed sweep that are not done in these results."""
    found = []
    for run in sorted(reference.glob("runs/*")):
        status = state.read(results / "runs" / run.name)
        if status is None or status.state != "done":
            found.append(f"{run.name}: {status.state if status else 'was never begun'}")
    return found


def changed(results: Path, reference: Path) -> list[str]:
    """Runs that are done with other numbers than in an undisturbed sweep.

    Compared are all CSV files without their times: of a timed run that is which process measured what.
    """
    return [
        f"{run.name}: {file.name} has other numbers"
        for run in sorted(results.glob("runs/*"))
        if (status := state.read(run)) and status.state == "done"
        for file in sorted((reference / "runs" / run.name).glob("*.csv"))
        if not _equal(run / file.name, file)
    ]


def _equal(first: Path, second: Path) -> bool:
    try:
        return _numbers(first).equals(_numbers(second))
    except (OSError, ValueError):
        return False


def _numbers(path: Path) -> pd.DataFrame:
    if path.name == "processes.csv":  # all else in it was measured
        return pd.read_csv(path, usecols=["process"])
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    return frame[[name for name in frame.columns if not name.endswith(_MEASURED)]]


def _torn(results: Path) -> Iterator[tuple[Path, str]]:
    for folder, folders, names in os.walk(results):  # goes on where a folder vanishes
        folders[:] = [each for each in folders if not each.endswith(_PARTIAL)]
        for path in (Path(folder) / name for name in names if not name.endswith(_PARTIAL)):
            try:
                _parse(path)
            except FileNotFoundError:  # replaced meanwhile
                continue
            except (ValueError, yaml.YAMLError) as error:
                yield path, " ".join(str(error).split())


def _parse(path: Path) -> None:
    """ValueError or YAMLError for a file that is not whole."""
    if path.suffix == ".json":
        json.loads(path.read_text(encoding="utf-8"))
    elif path.suffix == ".yaml":
        if not isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict):
            raise ValueError("holds no settings")
    elif path.suffix == ".csv":
        text = path.read_text(encoding="utf-8")
        if not text.endswith("\n") or pd.read_csv(path).empty:
            raise ValueError("ends in the middle")
    elif path.suffix == ".pt":
        stored = path.read_bytes()
        if zlib.crc32(stored[4:]).to_bytes(4, "big") != stored[:4]:
            raise ValueError("has another checksum")
