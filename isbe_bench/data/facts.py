"""Facts of data sets that were read, remembered until their files change."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from isbe_bench.data.images import Description
from isbe_bench.runs import reading
from isbe_bench.runs.files import write_atomically


@dataclasses.dataclass(frozen=True)
class Facts:
    """A data set's description, and the fingerprint of its images and labels; empty if unknown."""

    description: Description
    fingerprint: str


def stamp(path: Path) -> tuple[int, int]:
    """Size and time of a file; zeros if it cannot be read, which reading it will say."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


class Cache:
    """The facts of data sets in `<results_dir>/.data_sets.json`, by a hash of what they were read from.

    Nothing is remembered as long as the results folder does not exist.
    """

    def __init__(self, results_dir: Path) -> None:
        self._path = results_dir / ".data_sets.json"

    def read(self, key: str) -> Facts | None:
        """The facts; None if they are unknown."""
        try:
            entry = self._entries()[key]
            channels, height, width = map(int, entry["shape"])
            classes, images = int(entry["classes"]), int(entry["train_images"])
            return Facts(
                Description((channels, height, width), classes, images), str(entry["fingerprint"])
            )
        except (KeyError, TypeError, ValueError):  # unknown, or not as `write` leaves it
            return None

    def write(self, key: str, facts: Facts) -> None:
        """Remember the facts."""
        if self._path.parent.is_dir():
            entry = {**dataclasses.asdict(facts.description), "fingerprint": facts.fingerprint}
            write_atomically(self._path, json.dumps(self._entries() | {key: entry}, indent=1))

    def _entries(self) -> dict[str, Any]:
        try:
            entries = reading.json_file(self._path)
        except (OSError, ValueError):
            return {}
        return entries if isinstance(entries, dict) else {}
