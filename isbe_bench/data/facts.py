"""Facts of data sets that were read, remembered until their files change."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from isbe_bench.data.images import Description
from isbe_bench.runs.files import write_atomically


@dataclasses.dataclass(frozen=True)
class Facts:
    """A data set's description, and the fingerprint of its images and labels; empty if unknown."""

    description: Description
    fingerprint: str


class Cache:
    """The facts of one data set in `<results_dir>/.data_sets.json`.

    They hold while names, sizes and times of the files stay the same.

    Parameters
    ----------
    results_dir
        Where nothing is remembered as long as it does not exist.
    key
        What is read, in words.
    files
        The files that it is read from; without any, nothing is remembered.
    """

    def __init__(self, results_dir: Path, key: str, files: Iterable[Path]) -> None:
        self._path = results_dir / ".data_sets.json"
        stamps = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(files)]
        self._stamp = hashlib.sha256(json.dumps([key, stamps]).encode()).hexdigest() if stamps else None

    def read(self) -> Facts | None:
        """The facts; None if they are unknown."""
        entry = self._entries().get(self._stamp) if self._stamp else None
        if entry is None:
            return None
        channels, height, width = entry["shape"]
        description = Description((channels, height, width), entry["classes"], entry["train_images"])
        return Facts(description, entry["fingerprint"])

    def write(self, facts: Facts) -> None:
        """Remember the facts."""
        if self._stamp is None or not self._path.parent.is_dir():
            return
        entry = {**dataclasses.asdict(facts.description), "fingerprint": facts.fingerprint}
        write_atomically(self._path, json.dumps(self._entries() | {self._stamp: entry}, indent=1))

    def _entries(self) -> dict[str, Any]:
        try:
            entries: dict[str, Any] = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return entries
