"""What each worker of a sweep does: a command line, and where the runs are that it shares."""

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Self

WORKER = "isbe_bench.cli.worker"
"""The module that a worker runs."""


@dataclasses.dataclass(frozen=True)
class Shift:
    """The same for every worker of a sweep, on whatever machine.

    Attributes
    ----------
    sweep
        The name of this start of the sweep, by which its workers know one another.
    arguments
        The user's arguments of `isbe-bench`.
    place
        The working folder of the command.
    results
        The folders of its results.
    """

    sweep: str
    arguments: tuple[str, ...]
    place: str
    results: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Self:
        """What `text()` gave."""
        sweep, arguments, place, results = json.loads(text)
        return cls(sweep, tuple(arguments), place, tuple(results))

    def text(self) -> str:
        """The shift as an argument of a command line."""
        return json.dumps(dataclasses.astuple(self))

    def command(self) -> list[str]:
        """The command line of a worker that this process starts."""
        return [sys.executable, "-m", WORKER, str(os.getpid()), self.sweep, *self.arguments]

    def snapshot(self) -> list[int]:
        """When files of runs last changed; equal to an earlier one if nothing has happened."""
        runs = [run for results in self.results for run in sorted(Path(results).glob("runs/*"))]
        return [_changed(run) for run in runs]


def _changed(run: Path) -> int:
    try:
        return max(path.stat().st_mtime_ns for path in run.iterdir())
    except (OSError, ValueError):  # empty, or a file that is being replaced
        return 0
