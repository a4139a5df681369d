"""Run folders, whose files are written atomically so that no reader sees half a file."""

import contextlib
import csv
import dataclasses
import functools
import io
import json
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import pandas as pd
from omegaconf import OmegaConf
from tqdm import tqdm

from isbe_bench.runs import files, manifest, reading
from isbe_bench.runs.lock import LOCKS, RunLock
from isbe_bench.runs.rows import PREDICTIONS
from isbe_bench.runs.worker import Worker
from isbe_bench.settings.run import ReadyRun

T = TypeVar("T")

CHECKPOINT = "checkpoint.pt"

Status = Literal["running", "done", "diverged", "error", "interrupted"]
_NOTHING_TO_RESUME: tuple[Status, ...] = ("done", "diverged")


class RunFolder:
    """`<results_dir>/runs/<slug>/`.

    Methods that change it raise TakenOverError, and change nothing, if this object held the run's lock
    and another process has taken the run over meanwhile.

    Attributes
    ----------
    path
        The folder, which need not exist.
    title
        The run's name in messages: that of the run, or of the run in its sweep.
    """

    def __init__(self, ready: ReadyRun, title: str = "", sweep: str = "") -> None:
        results, slug = Path(ready.results_dir).expanduser(), ready.slug
        self.path = results / "runs" / slug
        self.title = title or ready.title
        self._ready = ready
        self._sweep = sweep
        self._locks = results / LOCKS
        self._lock = RunLock(self._locks, slug)
        self._started: str | None = None
        self._held_back: dict[str, str | bytes] | None = None

    @property
    def has_begun(self) -> bool:
        """Whether this object has begun an attempt at the run."""
        return self._started is not None

    def lock(self) -> RunLock:
        """The lock that a process holds while it works on this run.

        It is kept outside the folder, which a run may clear.
        """
        return self._lock

    def status(self) -> Status | None:
        """The status of the run; None if there is no run or its status cannot be read."""
        status: Status | None = self._recorded().get("status")
        return status

    def is_of_this_sweep(self) -> bool:
        """Whether the last attempt belongs to the start of the sweep that this object was made for."""
        return bool(self._sweep) and self._recorded().get("sweep") == self._sweep

    @property
    def is_repeated(self) -> bool:
        """Whether to throw an earlier attempt away: with `force=true`, unless it is this sweep's."""
        return self._ready.force and not self.is_of_this_sweep()

    @property
    def extras(self) -> tuple[str, ...]:
        """What the run is to record besides its results."""
        return self._ready.extras

    @property
    def lacking(self) -> list[str]:
        """Those of `extras` that its last attempt did not record, and that its end will not give."""
        recorded = self._recorded().get("extras") or ()
        at_the_end = self._ready.extras_at_the_end
        if self.status() == "done":
            recorded = [
                name for name in recorded if name not in at_the_end or (self.path / name).exists()
            ]
            at_the_end = ()
        return [name for name in self.extras if name not in recorded and name not in at_the_end]

    def has_ended(self) -> bool:
        """Whether a sweep has nothing left to do: the run is done, or was tried in it and failed."""
        status = self.status()
        if status == "done":
            return not self.is_repeated and not self.lacking
        return status in ("error", "diverged") and self.is_of_this_sweep()

    @functools.cached_property
    def deaths(self) -> int:
        """How many processes died at this run for this sweep, before this object's first attempt."""
        if not self.is_of_this_sweep():
            return 0
        recorded = self._recorded()
        try:
            return int(recorded["deaths"]) + int(recorded["status"] == "running")
        except (KeyError, TypeError, ValueError):
            return 0

    def continues(self, before: dict[str, Any], now: dict[str, Any]) -> bool:
        """Whether a run begun in the environment `before` may be resumed in `now`; if not, prints why.

        A run must not mix the results of two versions or machines.
        """
        changed = changes(before, now)
        if changed:
            tqdm.write(f"{self.title}: begun under another {', '.join(changed)}; starting afresh")
        return not changed

    def read_environment(self) -> dict[str, Any]:
        """The environment that `begin` recorded; empty if it cannot be read."""
        try:
            environment: dict[str, Any] = reading.json_file(self.path / "environment.json")
        except (OSError, ValueError):
            return {}
        return environment

    def clear(self) -> None:
        """Remove the files of an earlier attempt: all of them, or none if the process is killed."""
        self._lock.check()
        _ = self.deaths  # which `status.json` tells
        if not self.path.exists():
            return
        files.make_folder(self._locks)
        removed = files.partial_of(self._locks / self.path.name)
        files.remove(removed)
        self.path.rename(removed)
        files.flush_folder(self.path.parent)
        files.remove(removed)

    def begin(self, environment: dict[str, Any]) -> None:
        """Record the configuration, the environment and the status `running`."""
        self._lock.check()
        _ = self.deaths  # before `status.json` is replaced
        files.make_folder(self.path)
        self._started = _now()
        settings = OmegaConf.create(self._ready.plain())
        with self.together():
            self.write("config.yaml", OmegaConf.to_yaml(settings))
            self.write_environment(environment)
        self._write_status("running", None)

    def end(self, status: Status, error: BaseException | None = None, note: str = "") -> None:
        """Record how the run ended, if it had begun; `error` is recorded with its traceback.

        `note` are a few words on what a finished run found.

        Raises
        ------
        OSError
            The folder cannot be written to.
        """
        if not self.has_begun:
            return
        if status in ("done", "interrupted"):  # runs that the analysis may use
            self.write_manifest()
        text = None if error is None else "".join(traceback.format_exception(error))
        self._write_status(status, text, note)
        if status in _NOTHING_TO_RESUME:
            (self.path / CHECKPOINT).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove the checkpoint of a run that has ended, if its process was killed before it could."""
        checkpoint = self.path / CHECKPOINT
        if checkpoint.exists() and self.status() in _NOTHING_TO_RESUME:
            checkpoint.unlink(missing_ok=True)

    def give_up(self, reason: str) -> None:
        """Record that the run failed without another attempt."""
        self._started = _now()
        self._write_status("error", reason)

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file; it is on the disk when this returns, or when the block of `together` ends."""
        self._lock.check()
        if self._held_back is None:
            files.write_atomically(self.path / name, content)
        else:
            self._held_back[name] = content

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Write the files of the block when it ends, which takes less waiting for the disk.

        None is written if the block raises.
        """
        contents: dict[str, str | bytes] = {}
        self._held_back = contents
        try:
            yield
        finally:
            self._held_back = None
        files.write_together(self.path, contents)

    def write_manifest(self) -> None:
        """Record the hashes of all files."""
        self._lock.check()
        manifest.write(self.path)

    def write_environment(self, environment: dict[str, Any]) -> None:
        self.write("environment.json", json.dumps(environment, indent=2) + "\n")

    def write_rows(self, name: str, rows: Sequence[Any]) -> None:
        """Write a CSV file from instances of one dataclass, whose fields are the columns."""
        columns = [field.name for field in dataclasses.fields(rows[0])]
        self.write(name, _csv(columns, map(dataclasses.astuple, rows)))

    def read_rows(self, name: str, schema: type[T]) -> list[T]:
        """Read the rows that `write_rows` wrote; empty if the file is missing or cannot be read."""
        try:
            frame = pd.read_csv(self.path / name, keep_default_na=False, na_values=["nan"])
            return [
                schema(**{str(key): value for key, value in row.items()})
                for row in frame.to_dict("records")
            ]
        except (OSError, ValueError, TypeError):
            return []

    def write_predictions(
        self, labels: Iterable[int], predictions: Iterable[int], ranks: Iterable[int] | None = None
    ) -> None:
        """Write `predictions.csv`: one row per test image, in the data set's order; see `Prediction`."""
        columns = {"label": labels, "prediction": predictions} | ({"rank": ranks} if ranks else {})
        self.write(PREDICTIONS, _csv(list(columns), zip(*columns.values(), strict=True)))

    def _recorded(self) -> dict[str, Any]:
        """What `status.json` holds; empty if it cannot be read."""
        try:
            recorded = reading.json_file(self.path / "status.json")
        except (OSError, ValueError):
            return {}
        return recorded if isinstance(recorded, dict) else {}

    def _write_status(self, status: Status, error: str | None, note: str = "") -> None:
        ended = None if status == "running" else _now()
        content = {
            "status": status,
            "started": self._started,
            "ended": ended,
            "error": error,
            "note": note,
            "sweep": self._sweep,
            "deaths": self.deaths,
            "extras": list(self.extras),
            **dataclasses.asdict(Worker.current()),
        }
        self.write("status.json", json.dumps(content, indent=2) + "\n")


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The parts of the environment that changed; a run is only resumed if there are none."""
    return [key for key in {**now, **before} if now.get(key) != before.get(key)]


def _csv(columns: list[str], rows: Iterable[Iterable[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
