"""One run, from its configuration to its folder."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any, Literal

from filelock import Timeout

from isbe_bench.errors import InputError
from isbe_bench.measuring.processes import ProcessError
from isbe_bench.runs.folder import RunFolder, Status
from isbe_bench.settings.config import Config, HeadConfig, TheoryConfig, TimingConfig, TrainConfig
from isbe_bench.tasks import head, theory, timing, train
from isbe_bench.training.trainer import DivergedError


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one run of a sweep ended.

    `status` is the one in the run's folder; `already done` where nothing was left to do, `busy` where
    another process is at it, `not run` where an interrupt came first.
    """

    config: Config
    status: Status | Literal["already done", "busy", "not run"]
    note: str = ""  # what a person wants to know of it, in a few words
    seconds: float = 0.0


def execute(config: Config) -> Outcome:
    """Run a prepared configuration, or find it done, or go on where it was interrupted.

    Whatever happens to the run is recorded in its folder and in the outcome; no exception leaves but
    those of a program that is being killed.
    """
    folder = RunFolder(config)
    started = time.monotonic()
    try:
        with folder.lock().acquire(blocking=False):
            if folder.status() == "done" and not config.force:
                return Outcome(config, "already done")
            status, note = _attempt(config, folder)
    except Timeout:
        return Outcome(config, "busy", "another process is at it")
    except OSError as error:  # a full disk, or a folder that became read-only
        status, note = "error", f"its folder cannot be written: {error}"
    return Outcome(config, status, note, time.monotonic() - started)


def _attempt(config: Config, folder: RunFolder) -> tuple[Status, str]:
    try:
        note = _TASKS[type(config)](config, folder)
    except InputError as error:  # data that cannot be read: the run has not begun
        return "error", str(error)
    except DivergedError as error:
        folder.end("diverged", error)
        return "diverged", str(error)
    except KeyboardInterrupt as error:
        folder.end("interrupted", error)
        command = "the same command without force=true" if config.force else "the same command"
        return "interrupted", f"{command} goes on with it"
    except Exception as error:
        folder.end("error", error)
        told = str(error) if isinstance(error, ProcessError) else f"{type(error).__name__}: {error}"
        reason = " ".join(told.partition("\n\n")[0].split())
        return "error", f"{reason[:200]} (traceback in {folder.path / 'status.json'})"
    folder.end("done")
    return "done", note


_TASKS: dict[type[Config], Callable[[Any, RunFolder], str]] = {
    TrainConfig: train.run,
    TimingConfig: timing.run,
    HeadConfig: head.run,
    TheoryConfig: theory.run,
}
