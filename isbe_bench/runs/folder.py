"""Run folders, whose files are written atomically so that no reader sees half a file."""

import csv
import dataclasses
import io
import json
import shutil
import traceback
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import pandas as pd
from filelock import FileLock
from omegaconf import OmegaConf
from tqdm import tqdm

from isbe_bench.runs import manifest, reading
from isbe_bench.runs.files import write_atomically
from isbe_bench.runs.rows import PREDICTIONS
from isbe_bench.runs.worker import Worker
from isbe_bench.settings.run import ReadyRun

T = TypeVar("T")

CHECKPOINT = "checkpoint.pt"

Status = Literal["running", "done", "diverged", "error", "interrupted"]


class RunFolder:
    """`<results_dir>/runs/<slug>/`.

    Attributes
    ----------
    path
        The folder, which need not exist.
    title
        The run's name in messages: that of the run, or of the run in its sweep.
    """

    def __init__(self, ready: ReadyRun, title: str = "") -> None:
        results, slug = Path(ready.results_dir).expanduser(), ready.slug
        self.path = results / "runs" / slug
        self.title = title or ready.title
        self._ready = ready
        self._lock_path = results / ".locks" / f"{slug}.lock"
        self._started: str | None = None

    @property
    def has_begun(self) -> bool:
        """Whether this object has begun an attempt at the run."""
        return self._started is not None

    def lock(self) -> FileLock:
        """The lock that a process holds while it works on this run.

        It is kept outside the folder, which a run may clear.
        """
        self._lock_path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self._lock_path)

    def status(self) -> Status | None:
        """The status of the run; None if there is no run or its status cannot be read."""
        try:
            status: Status = reading.json_file(self.path / "status.json")["status"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return status

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
        """Remove the files of an earlier attempt."""
        shutil.rmtree(self.path, ignore_errors=True)

    def begin(self, environment: dict[str, Any]) -> None:
        """Record the configuration, the environment and the status `running`."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._started = _now()
        settings = OmegaConf.create(self._ready.plain())
        write_atomically(self.path / "config.yaml", OmegaConf.to_yaml(settings))
        self.write_environment(environment)
        self._write_status("running", None)

    def end(self, status: Status, error: BaseException | None = None) -> None:
        """Record how the run ended, if it had begun; `error` is recorded with its traceback."""
        if not self.has_begun:
            return
        if status in ("done", "interrupted"):  # runs that the analysis may use
            manifest.write(self.path)
        text = None if error is None else "".join(traceback.format_exception(error))
        self._write_status(status, text)
        if status in ("done", "diverged"):  # nothing is left to resume
            (self.path / CHECKPOINT).unlink(missing_ok=True)

    def write_environment(self, environment: dict[str, Any]) -> None:
        write_atomically(self.path / "environment.json", json.dumps(environment, indent=2) + "\n")

    def write_rows(self, name: str, rows: Sequence[Any]) -> None:
        """Write a CSV file from instances of one dataclass, whose fields are the columns."""
        columns = [field.name for field in dataclasses.fields(rows[0])]
        write_atomically(self.path / name, _csv(columns, map(dataclasses.astuple, rows)))

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
        write_atomically(
            self.path / PREDICTIONS, _csv(list(columns), zip(*columns.values(), strict=True))
        )

    def _write_status(self, status: Status, error: str | None) -> None:
        ended = None if status == "running" else _now()
        content = {"status": status, "started": self._started, "ended": ended, "error": error}
        content |= dataclasses.asdict(Worker.current())
        write_atomically(self.path / "status.json", json.dumps(content, indent=2) + "\n")


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
