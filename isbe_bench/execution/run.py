"""Executes one run and records how it ended."""

import dataclasses
import time
from pathlib import Path
from typing import Literal

from filelock import Timeout

from isbe_bench import tasks
from isbe_bench.errors import DivergedError, InputError, is_out_of_memory
from isbe_bench.measuring.processes import ProcessError
from isbe_bench.runs.folder import RunFolder, Status
from isbe_bench.settings.run import ReadyRun


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one run of a sweep ended.

    `status` is that of the run's folder, or `already done` if nothing was left to do, `busy` if another
    process is working on it, `not run` if an interrupt came first. `trace` is the file with the
    traceback of a run that failed or diverged.
    """

    ready: ReadyRun
    status: Status | Literal["already done", "busy", "not run"]
    note: str = ""  # a few words for the user
    seconds: float = 0.0
    trace: Path | None = None


def execute(ready: ReadyRun, title: str = "") -> Outcome:
    """Execute a run: skip it if it is done, resume it if it was interrupted.

    Errors are recorded in the run's folder and in the outcome. No exception is raised, except those
    that end the program. Progress is shown under `title`, by default the run's own.
    """
    folder = RunFolder(ready, title)
    started = time.monotonic()
    try:
        with folder.lock().acquire(blocking=False):
            if folder.status() == "done" and not ready.force:
                return Outcome(ready, "already done")
            status, note = _attempt(ready, folder)
    except Timeout:
        return Outcome(ready, "busy", "another process is working on it")
    except OSError as error:  # a full disk, or a folder that became read-only
        status, note = "error", f"its folder cannot be written: {error}"
    failed = folder.has_begun and status in ("error", "diverged")
    trace = folder.path / "status.json" if failed else None
    return Outcome(ready, status, note, time.monotonic() - started, trace)


def _attempt(ready: ReadyRun, folder: RunFolder) -> tuple[Status, str]:
    try:
        note = tasks.find(ready.task).work(ready, folder)
    except InputError as error:  # data that cannot be read; the run has not started
        return "error", str(error)
    except DivergedError as error:
        folder.end("diverged", error)
        return "diverged", str(error)
    except KeyboardInterrupt as error:
        folder.end("interrupted", error)
        command = "the same command without force=true" if ready.force else "the same command"
        return "interrupted", f"{command} resumes it"
    except Exception as error:
        folder.end("error", error)
        message = str(error) if isinstance(error, ProcessError) else f"{type(error).__name__}: {error}"
        reason = " ".join(message.partition("\n\n")[0].split())
        if is_out_of_memory(error):
            reason = f"out of memory: {reason}"
        return "error", reason[:200]
    folder.end("done")
    return "done", note
