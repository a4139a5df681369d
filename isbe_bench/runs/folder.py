"""What a run leaves behind: its folder, written atomically, so that a reader never sees half a file."""

import csv
import dataclasses
import io
import json
import shutil
import traceback
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import pandas as pd
from filelock import FileLock
from omegaconf import OmegaConf
from tqdm import tqdm

from isbe_bench.runs import manifest
from isbe_bench.runs.files import write_atomically
from isbe_bench.settings.run import ReadyRun

T = TypeVar("T")

CHECKPOINT = "checkpoint.pt"

Status = Literal["running", "done", "diverged", "error", "interrupted"]


class RunFolder:
    """`<results_dir>/runs/<slug>/`."""

    def __init__(self, ready: ReadyRun) -> None:
        results, slug = Path(ready.results_dir).expanduser(), ready.slug
        self.path = results / "runs" / slug
        self._ready = ready
        self._lock_path = results / ".locks" / f"{slug}.lock"
        self._started: str | None = None

    def lock(self) -> FileLock:
        """Held while a process works on this run; kept outside the folder, which a run may clear."""
        self._lock_path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self._lock_path)

    def status(self) -> Status | None:
        """How the run stands; None where there is none, or where its status cannot be read."""
        try:
            status: Status = json.loads((self.path / "status.json").read_text())["status"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return status

    def continues(self, before: dict[str, Any], now: dict[str, Any]) -> bool:
        """Whether a run begun where `before` describes may go on `now`; if not, says why.

        Two programs or machines would make up one run.
        """
        changed = [key for key in now | before if now.get(key) != before.get(key)]
        if changed:
            tqdm.write(f"{self.path.name}: begun under another {', '.join(changed)}; starting afresh")
        return not changed

    def read_environment(self) -> dict[str, Any]:
        """What `begin` recorded; empty where it cannot be read."""
        try:
            environment: dict[str, Any] = json.loads((self.path / "environment.json").read_text())
        except (OSError, ValueError):
            return {}
        return environment

    def clear(self) -> None:
        """Remove what an earlier attempt left."""
        shutil.rmtree(self.path, ignore_errors=True)

    def begin(self, environment: dict[str, Any]) -> None:
        """Note that the run is being worked on, under which configuration and where."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._started = _now()
        settings = OmegaConf.create(self._ready.plain())
        write_atomically(self.path / "config.yaml", OmegaConf.to_yaml(settings))
        self.write_environment(environment)
        self._write_status("running", None)

    def end(self, status: Status, error: BaseException | None = None) -> None:
        """Note how the run ended, unless it did not begin; `error` is recorded with its traceback."""
        if self._started is None:
            return
        if status in ("done", "interrupted"):  # what can be read back
            manifest.write(self.path)
        text = None if error is None else "".join(traceback.format_exception(error))
        self._write_status(status, text)
        if status in ("done", "diverged"):  # nothing is left to resume
            (self.path / CHECKPOINT).unlink(missing_ok=True)

    def write_environment(self, environment: dict[str, Any]) -> None:
        write_atomically(self.path / "environment.json", json.dumps(environment, indent=2) + "\n")

    def write_rows(self, name: str, rows: Sequence[Any]) -> None:
        """One CSV file from instances of one dataclass, whose fields are its columns."""
        columns = [field.name for field in dataclasses.fields(rows[0])]
        write_atomically(self.path / name, _csv(columns, map(dataclasses.astuple, rows)))

    def read_rows(self, name: str, schema: type[T]) -> list[T]:
        """What `write_rows` wrote; empty where there is nothing, or nothing that can be read."""
        try:
            frame = pd.read_csv(self.path / name, keep_default_na=False, na_values=["nan"])
            return [
                schema(**{str(key): value for key, value in row.items()})
                for row in frame.to_dict("records")
            ]
        except (OSError, ValueError, TypeError):
            return []

    def write_predictions(self, labels: Iterable[int], predictions: Iterable[int]) -> None:
        """One row a test image, in the data set's order."""
        rows = zip(labels, predictions, strict=True)
        write_atomically(self.path / "predictions.csv", _csv(["label", "prediction"], rows))

    def _write_status(self, status: Status, error: str | None) -> None:
        ended = None if status == "running" else _now()
        content = {"status": status, "started": self._started, "ended": ended, "error": error}
        write_atomically(self.path / "status.json", json.dumps(content, indent=2) + "\n")


def _csv(columns: list[str], rows: Iterable[Iterable[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
