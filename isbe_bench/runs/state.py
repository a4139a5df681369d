"""What state a run is in, read from its folder."""

import contextlib
import csv
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from isbe_bench.errors import DivergedError
from isbe_bench.runs import reading
from isbe_bench.runs.lock import LOCKS, TAKEOVER_SECONDS, owner_path
from isbe_bench.runs.rows import EPOCHS, PROCESSES
from isbe_bench.runs.worker import Worker
from isbe_bench.settings.identity import flatten

State = Literal["done", "running", "silent", "interrupted", "killed", "diverged", "failed"]
"""As in `status.json`, but what it calls `running` is `killed` if its process is gone, and `silent` if
nobody knows and it has given no sign of life for long; what it calls `error` is `failed`."""

_ENDED: Mapping[str, State] = {
    "done": "done",
    "interrupted": "interrupted",
    "diverged": "diverged",
    "error": "failed",
}
_SILENT_BEATS_SECONDS = 2 * TAKEOVER_SECONDS  # the clocks of two machines differ, and files are cached
_SILENT_SECONDS = 3600
_SILENT_STAGES = 3


@dataclass(frozen=True)
class Stages:
    """The stages of a run: the epochs of a training, the processes of a timed run.

    Attributes
    ----------
    name
        What one is called: `epoch` or `process`.
    total
        How many there are.
    seconds
        How long each of the finished ones took.
    """

    name: Literal["epoch", "process"]
    total: int
    seconds: tuple[float, ...]

    @property
    def finished(self) -> int:
        return len(self.seconds)

    def left(self, typical: float | None = None) -> float | None:
        """Seconds until the last one ends, if each takes as long as is typical; None if unknown.

        `typical` are the seconds of one; if not given, the median of the finished ones.
        """
        if typical is None and self.seconds:
            typical = statistics.median(self.seconds)
        return None if typical is None else typical * (self.total - self.finished)


@dataclass(frozen=True)
class RunState:
    """The state of a run that has begun.

    Attributes
    ----------
    state
        See `State`.
    started
        When its last attempt began (UTC, ISO 8601).
    seconds
        Between the start and the end of its last attempt; 0 if it has not ended.
    worker
        The process of the last attempt; None if that is not recorded.
    stages
        None for tasks without stages, and for runs that are done.
    reason
        Why it failed or diverged, in one line; empty otherwise.
    note
        The reason, or a few words on what a finished run found.
    silence
        Seconds since it gave a sign of life: its folder changed, or its process touched its owner file.
    """

    state: State
    started: str
    seconds: float
    worker: Worker | None
    stages: Stages | None
    reason: str
    note: str
    silence: float


def read(folder: Path) -> RunState | None:
    """The state of the run in a folder; None if no run has begun there, as far as can be read."""
    try:
        status = reading.json_file(folder / "status.json")
        recorded, started = status["status"], str(status["started"])
        ended = datetime.fromisoformat(status.get("ended") or started)
        seconds = (ended - datetime.fromisoformat(started)).total_seconds()
        if recorded != "running" and recorded not in _ENDED:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    worker = Worker.read(status)
    if recorded == "done":  # nearly all runs of a large folder: the other files are not read
        return RunState("done", started, seconds, worker, None, "", str(status.get("note", "")), 0.0)
    owner = owner_path(folder.parents[1] / LOCKS, folder.name)
    stages, silence = read_stages(folder), _silence([*_files(folder), owner])
    state = _ENDED.get(recorded) or _at_work(worker, stages, silence, owner.exists())
    reason = _reason(status)
    return RunState(state, started, seconds, worker, stages, reason, reason, silence)


def read_stages(folder: Path) -> Stages | None:
    """The stages of the run in a folder; None if it has none or its files cannot be read."""
    try:
        settings = flatten(reading.yaml_file(folder / "config.yaml"))
        return stages(folder, settings)
    except (OSError, ValueError, AttributeError, TypeError):
        return None


def stages(folder: Path, settings: Mapping[str, Any]) -> Stages | None:
    """The stages of a run with these flat settings, finished or not, in a folder that may not exist."""
    if total := settings.get("train.epochs"):
        return Stages("epoch", int(total), _column(folder / EPOCHS, "epoch_s"))
    if total := settings.get(f"{settings.get('task')}.processes"):
        return Stages("process", int(total), _column(folder / PROCESSES, "seconds"))
    return None


def _column(path: Path, name: str) -> tuple[float, ...]:
    """A column of a CSV file; empty without a file that can be read."""
    try:
        reading.check_regular(path)
        with path.open(newline="", encoding="utf-8") as file:
            return tuple(float(row[name]) for row in csv.DictReader(file))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _at_work(worker: Worker | None, stages: Stages | None, silence: float, beats: bool) -> State:
    """`beats` says whether there is a file that its process touches while it works."""
    if worker and worker.is_here:
        return "running" if worker.is_alive else "killed"
    longest = max(stages.seconds, default=0.0) if stages else 0.0
    limit = _SILENT_BEATS_SECONDS if beats else max(_SILENT_SECONDS, _SILENT_STAGES * longest)
    return "silent" if silence > limit else "running"


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _silence(files: Sequence[Path]) -> float:
    changed = []
    for path in files:
        with contextlib.suppress(OSError):  # a file that is being replaced
            changed.append(path.stat().st_mtime)
    return max(0.0, time.time() - max(changed)) if changed else 0.0


def _reason(status: Mapping[str, Any]) -> str:
    """The exception of a traceback and the first line of its message; of other text, the last line."""
    if status["status"] not in ("error", "diverged"):
        return ""
    lines = str(status.get("error")).strip().splitlines() or [""]
    frames = [number for number, line in enumerate(lines) if line.startswith('  File "')]
    behind = [line for line in lines[frames[-1] :] if not line.startswith(" ")] if frames else lines[-1:]
    reason = behind[0] if behind else ""
    return reason.removeprefix(f"{DivergedError.__module__}.{DivergedError.__name__}: ")
