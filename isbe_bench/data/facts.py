"""Facts of data sets that were read, remembered until their files change."""

import dataclasses
import json
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
    """The facts of data sets in `<results_dir>/.data_sets.json`, by a hash of what they were read from.

    Nothing is remembered as long as the results folder does not exist.
    """

    def __init__(self, results_dir: Path) -> None:
        self._path = results_dir / ".data_sets.json"

    def read(self, key: str) -> Facts | None:
        """The facts; None if they are unknown."""
        entry = self._entries().get(key)
        if entry is None:
            return None
        channels, height, width = entry["shape"]
        description = Description((channels, height, width), entry["classes"], entry["train_images"])
        return Facts(description, entry["fingerprint"])

    def write(self, key: str, facts: Facts) -> None:
        """Remember the facts."""
        if self._path.parent.is_dir():
            entry = {**dataclasses.asdict(facts.description), "fingerprint": facts.fingerprint}
            write_atomically(self._path, json.dumps(self._entries() | {key: entry}, indent=1))

    def _entries(self) -> dict[str, Any]:
        try:
            entries: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return entries
