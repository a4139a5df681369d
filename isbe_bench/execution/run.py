"""Executes one run and records how it ended."""

import dataclasses
import time
from pathlib import Path
from typing import Literal

from isbe_bench import tasks
from isbe_bench.errors import DivergedError, InputError, is_out_of_memory
from isbe_bench.measuring.processes import ProcessError
from isbe_bench.runs.folder import RunFolder, Status
from isbe_bench.runs.lock import BusyError, TakenOverError
from isbe_bench.settings.run import ReadyRun

MOST_DEATHS = 5
"""How many processes may die at a run before a sweep gives it up."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one run of a sweep ended.

    `status` is that of the run's folder, or `already done` if nothing was left to do, `busy` if another
    process is working on it, `not run` if an interrupt came first, `handed over` if workers will do it
    without this process. `trace` is the file with the traceback of a run that failed or diverged, if it
    could be written.
    """

    ready: ReadyRun
    status: Status | Literal["already done", "busy", "not run", "handed over"]
    note: str = ""  # a few words for the user
    seconds: float = 0.0
    trace: Path | None = None


def execute(ready: ReadyRun, title: str = "", sweep: str = "") -> Outcome:
    """Execute a run: skip it if it is done, resume it if it was interrupted.

    Errors are recorded in the run's folder and in the outcome. No exception is raised, except those
    that end the program. Progress is shown under `title`, by default the run's own. `sweep` names the
    start of the sweep that the run is executed for.
    """
    folder = _folder(ready, title, sweep)
    started = time.monotonic()
    if folder.has_ended():  # no lock for the many finished runs of a sweep that goes on
        return Outcome(ready, "already done")
    try:
        with folder.lock():
            if folder.has_ended():  # the process that was working on it is through
                return Outcome(ready, "already done")
            if folder.deaths >= MOST_DEATHS:
                reason = f"{folder.deaths} processes died while they worked on it"
                folder.give_up(reason)
                return Outcome(ready, "error", reason)
            attempt = _attempt(ready, folder)
            status, note, trace = _record(folder, attempt)
    except BusyError as error:
        return Outcome(ready, "busy", str(error))
    except OSError as error:  # a folder of locks that cannot be written
        status, note, trace = "error", _unwritable(error), None
    return Outcome(ready, status, note, time.monotonic() - started, trace)


def _folder(ready: ReadyRun, title: str, sweep: str) -> RunFolder:
    """The run's folder, of which the tracker is told that its settings ask for."""
    if ready.tracker.name == "none":
        return RunFolder(ready, title, sweep)
    from isbe_bench.tracking.following import TrackedFolder  # imports PyTorch

    return TrackedFolder(ready, title, sweep, tasks.find(ready.task).is_timed)


@dataclasses.dataclass(frozen=True)
class _Attempt:
    """How the work of a run ended; `error` is what it raised, if that is to be recorded."""

    status: Status | Literal["busy"]
    note: str
    error: BaseException | None = None


def _attempt(ready: ReadyRun, folder: RunFolder) -> _Attempt:
    try:
        return _Attempt("done", tasks.find(ready.task).work(ready, folder))
    except TakenOverError as error:
        return _Attempt("busy", str(error))
    except InputError as error:  # data that cannot be read
        return _Attempt("error", str(error), error)
    except DivergedError as error:
        return _Attempt("diverged", str(error), error)
    except KeyboardInterrupt as error:
        command = "the same command without force=true" if ready.force else "the same command"
        return _Attempt("interrupted", f"{command} resumes it", error)
    except Exception as error:
        message = str(error) if isinstance(error, ProcessError) else f"{type(error).__name__}: {error}"
        reason = " ".join(message.partition("\n\n")[0].split())
        if is_out_of_memory(error):
            reason = f"out of memory: {reason}"
        return _Attempt("error", reason[:200], error)


def _record(folder: RunFolder, attempt: _Attempt) -> tuple[Status | Literal["busy"], str, Path | None]:
    """Record in the folder how the run ended; status, note and trace of the outcome."""
    status = attempt.status
    if status == "busy":
        return status, attempt.note, None
    try:
        folder.end(status, attempt.error, attempt.note if status == "done" else "")
    except TakenOverError as error:
        return ("interrupted" if status == "interrupted" else "busy"), str(error), None
    except OSError as error:  # a full disk, or a folder that became read-only
        return ("interrupted" if status == "interrupted" else "error"), _unwritable(error), None
    failed = folder.has_begun and status in ("error", "diverged")
    return status, attempt.note, folder.path / "status.json" if failed else None


def _unwritable(error: OSError) -> str:
    return f"its folder cannot be written: {error}"
