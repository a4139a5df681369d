"""What launchers have in common: each starts workers, which share the sweep by the locks of its runs.

What a run is and how it stands comes from its folder. A launcher only knows whether workers are left.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from isbe_bench import tasks
from isbe_bench.execution.launchers.shift import Shift
from isbe_bench.settings.run import ReadyRun


@dataclass(frozen=True)
class Job:
    """What is to be done.

    Attributes
    ----------
    shift
        What each worker does.
    runs
        Those that are not done.
    path
        Where a launcher writes: names that begin with it are its own.
    """

    shift: Shift
    runs: tuple[ReadyRun, ...]
    path: Path


class Launched(ABC):
    """Workers that were started."""

    is_watched = True
    """Whether the command stays until all runs have ended."""

    @property
    def job(self) -> str:
        """What the workers are called where they can be looked up, such as `Slurm job 12`; or empty."""
        return ""

    @abstractmethod
    def are_at_work(self) -> bool:
        """Whether workers are left, or are waiting for their turn. Replaces workers that died."""

    def news(self) -> str:
        """How the workers stand, in words that are said when they change; or empty."""
        return ""

    @abstractmethod
    def stop(self) -> str:
        """End what cannot go on without this process; returns what goes on, in words."""

    @abstractmethod
    def __str__(self) -> str:
        """What was started, in words."""


class Launcher(Protocol):
    """A module of this package."""

    def check(self, launch: Any, runs: Sequence[ReadyRun]) -> None:
        """Check that workers can be started here; InputError if not."""

    def start(self, launch: Any, job: Job) -> Launched:
        """Start the workers, at most one for each run; InputError if they are refused."""


def are_timed(runs: Iterable[ReadyRun]) -> bool:
    """Whether any of the runs needs a device for itself."""
    return any(tasks.find(run.task).is_timed for run in runs)
