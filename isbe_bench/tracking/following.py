"""Tells a tracker about a run: what its folder gets, once that is on the disk."""

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from isbe_bench import tracking
from isbe_bench.errors import describe_error
from isbe_bench.runs import reading
from isbe_bench.runs.folder import RunFolder, Status
from isbe_bench.runs.manifest import MANIFEST
from isbe_bench.runs.rows import EPOCHS, STOP, Epoch, Stopped
from isbe_bench.settings.identity import flatten, is_recorded
from isbe_bench.settings.run import ReadyRun
from isbe_bench.tracking.guard import Guard
from isbe_bench.tracking.tracker import Beginning, Ending, TrackedRun

TRACKER = "tracker.json"
"""The file in a run's folder that names the tracked run, as long as attempts go on with one another."""
_NAME = re.compile(r"[\w.-]+")
_SHOWN = (".csv", ".json", ".yaml")
_NOT_SHOWN = (TRACKER, MANIFEST, "status.json")


class TrackedFolder(RunFolder):
    """A run's folder, of which a tracker is told.

    Parameters
    ----------
    is_timed
        Whether the run has its device to itself: the tracker is told when it has ended.
    """

    def __init__(self, ready: ReadyRun, title: str, sweep: str, is_timed: bool) -> None:
        super().__init__(ready, title, sweep)
        self._tracker = ready.tracker.name
        self._settings = {
            key: value for key, value in flatten(ready.plain()).items() if is_recorded(key)
        }
        self._store = Path(ready.results_dir).expanduser() / tracking.STORES / self._tracker
        self._is_timed = is_timed
        self._environment: dict[str, Any] = {}
        self._guard: Guard | None = None
        self._tracked: TrackedRun | None = None
        self._epochs: Sequence[Epoch] = ()
        self._told = 0
        self._stopped: Stopped | None = None

    def begin(self, environment: dict[str, Any]) -> None:
        super().begin(environment)
        self._environment = environment
        if not self._is_timed:
            self._begin_to_track()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        with super().together():
            yield
        self._tell()

    def write_rows(self, name: str, rows: Sequence[Any]) -> None:
        super().write_rows(name, rows)
        if name == EPOCHS:
            self._epochs = rows
        if name == STOP:
            (self._stopped,) = rows
        if self._held_back is None:
            self._tell()

    def end(self, status: Status, error: BaseException | None = None, note: str = "") -> None:
        if self.has_begun and self._is_timed:
            self._begin_to_track()
        super().end(status, error, note)
        if self._guard and self._tracked:
            reason = note or (describe_error(error) if error else "")
            self._guard(self._tracked.end, self._ending(status, reason))
            self._guard.close()

    def _begin_to_track(self) -> None:
        self._guard = Guard(self._warn)
        run = Beginning(
            self.path.name,
            self.title,
            self._settings["task"],
            self._settings,
            self._environment,
            self._store,
            self._known_as(),
        )
        self._tracked = self._guard(lambda: tracking.find(self._tracker).begin(run))
        if self._tracked:
            named = {"tracker": self._tracker, "run": self._tracked.name}
            self.write(TRACKER, json.dumps(named, indent=2) + "\n")

    def _known_as(self) -> str:
        """The tracked run of the attempt that this one goes on with; empty if there is none."""
        try:
            named = reading.json_file(self.path / TRACKER)
            name = named["run"] if named["tracker"] == self._tracker else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        return name if isinstance(name, str) and _NAME.fullmatch(name) else ""

    def _tell(self) -> None:
        """Tell the tracker about the epochs that it was not told about yet."""
        new = self._epochs[self._told :]
        if new and self._guard and self._tracked:
            self._guard(self._tracked.record, tuple(new))
            self._told = len(self._epochs)

    def _ending(self, status: Status, note: str) -> Ending:
        if status != "done":
            return Ending(status, note, None, ())
        kept = self._stopped.kept if self._stopped and self._stopped.ended else len(self._epochs)
        alpha = self._epochs[kept - 1].test_accuracy if self._epochs else None
        files = [
            path
            for path in sorted(self.path.iterdir())
            if path.suffix in _SHOWN and path.name not in _NOT_SHOWN
        ]
        return Ending(status, note, alpha, files)

    def _warn(self, reason: str) -> None:
        tqdm.write(f"{self.title}: tracker={self._tracker}: {reason}; the run goes on without it")
