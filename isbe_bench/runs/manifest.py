"""`manifest.json`: the SHA-256 of each file in a folder, which reveals later changes."""

import hashlib
import json
from pathlib import Path
from typing import Literal

from isbe_bench.runs import reading
from isbe_bench.runs.files import write_atomically

MANIFEST = "manifest.json"

Difference = Literal["changed", "missing", "extra"]

# Written after the manifest, or only while a run is unfinished.
_EXCLUDED = {MANIFEST, "status.json", "checkpoint.pt"}


def write(folder: Path) -> None:
    """Record all current files of a folder, except hidden files and the changing state of a run."""
    _store(folder, _hashes(folder))


def update(folder: Path, name: str) -> None:
    """Record the current hash of one file; the other hashes stay as recorded.

    A folder with older files and no manifest gets none, since nobody knows whether they were changed.
    """
    hashes = _hashes(folder)
    if (folder / MANIFEST).exists():
        _store(folder, _load(folder) | {name: hashes[name]})
    elif set(hashes) == {name}:
        _store(folder, hashes)


def check(folder: Path) -> dict[str, Difference]:
    """The differences between a folder and its manifest, by file name; empty without a manifest.

    Raises
    ------
    OSError, ValueError
        The manifest, or a file beside it, cannot be read.
    """
    if not (folder / MANIFEST).exists():
        return {}
    recorded, present = _load(folder), _hashes(folder)
    differences: dict[str, Difference] = {}
    for name in sorted(recorded | present):
        if name not in present:
            differences[name] = "missing"
        elif name not in recorded:
            differences[name] = "extra"
        elif recorded[name] != present[name]:
            differences[name] = "changed"
    return differences


def names(folder: Path) -> set[str]:
    """The files that the manifest lists, none without a manifest; OSError or ValueError as `check`."""
    return set(_load(folder)) if (folder / MANIFEST).exists() else set()


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: _hash(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in _EXCLUDED and not path.name.startswith(".")
    }


def _hash(path: Path) -> str:
    reading.check_regular(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _load(folder: Path) -> dict[str, str]:
    try:
        hashes: dict[str, str] = reading.json_file(folder / MANIFEST)
    except ValueError as error:
        raise ValueError(f"{MANIFEST} cannot be read ({error})") from error
    if not isinstance(hashes, dict):
        raise ValueError(f"{MANIFEST} does not hold file names and hashes")
    return hashes


def _store(folder: Path, hashes: dict[str, str]) -> None:
    write_atomically(folder / MANIFEST, json.dumps(hashes, indent=2) + "\n")
