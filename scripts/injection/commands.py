"""Commands of isbe-bench that are disturbed, and the processes that belong to each.

A variable in the environment, which processes inherit, tells whose a process is.
"""

import contextlib
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import psutil

Who = Literal["command", "worker", "child", "group"]

SECONDS_TO_LEAVE = 2.0
"""How long processes of a command may live after it ended."""
LIMIT_SECONDS = 420.0
"""A command that takes longer hangs: three times what a silent owner is waited for, and more."""
_VARIABLE = "ISBE_BENCH_COMMAND_UNDER_TEST"
_SESSION = secrets.token_hex(8)
_POLL_SECONDS = 0.02
_stopped = threading.Event()


class StoppedError(Exception):
    """The user has ended the injection."""


def stop() -> None:
    """End all commands, and let whoever waits raise StoppedError."""
    _stopped.set()
    for _ in range(2):  # what was just being started
        for process in _marked(lambda mark: mark.startswith(_SESSION)):
            _kill(process)


def pause(seconds: float) -> None:
    """Sleep; StoppedError if the user ends the injection."""
    if _stopped.wait(seconds):
        raise StoppedError


class Command:
    """A command at work.

    Parameters
    ----------
    arguments
        Those of `isbe-bench`.
    folder
        Its working folder, where its output and its temporary files go, too.
    environment
        Variables that are added to this process's.
    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._mark = f"{_SESSION}-{secrets.token_hex(8)}"
        self._log = folder / f"{self._mark}.log"
        temporary = folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        pause(0)
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "isbe_bench", *arguments],
                cwd=folder,
                env=os.environ
                | {"OMP_NUM_THREADS": "1", "TMPDIR": str(temporary), _VARIABLE: self._mark}
                | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started, self._ended = time.monotonic(), 0.0

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def printed(self) -> str:
        """What it and its children printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def seconds(self) -> float:
        """How long it has been at work, or was, as far as that was waited for."""
        return (self._ended or time.monotonic()) - self._started

    @property
    def last_line(self) -> str:
        """Of what was printed."""
        return (self.printed.strip().splitlines() or [""])[-1]

    def wait(self) -> int | None:
        """The exit code, negative after a signal; None if it hangs, and is killed."""
        while self.is_running:
            if self.seconds > LIMIT_SECONDS:
                self.kill_group()
                self._process.wait()
                return None
            pause(_POLL_SECONDS)
        self._ended = self._ended or time.monotonic()
        return self._process.returncode

    def processes(self) -> list[psutil.Process]:
        """All its processes that live, itself among them."""
        return _marked(lambda mark: mark == self._mark)

    def orphans(self) -> list[str]:
        """Its processes that live `SECONDS_TO_LEAVE` from now, in words; call it when it has ended."""
        end = time.monotonic() + SECONDS_TO_LEAVE
        while (left := self.processes()) and time.monotonic() < end:
            pause(_POLL_SECONDS)
        return [f"process {each.pid}: {' '.join(_words(each))}" for each in left]

    def kill(self, who: Who, random_numbers: random.Random) -> bool:
        """Kill by SIGKILL; a child or a worker is waited for. False if the command ends first."""
        while self.is_running:
            if who == "command":
                self._process.kill()
            elif who == "group":
                self.kill_group()
            elif found := [each for each in self.processes() if _is(who, each)]:
                return _kill(random_numbers.choice(found))
            else:
                pause(_POLL_SECONDS)
                continue
            self._process.wait()
            return True
        return False

    def kill_group(self) -> None:
        """Kill the command and all its processes, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for process in self.processes():  # those with a session of their own
            _kill(process)


def _words(process: psutil.Process) -> list[str]:
    """Its command line; empty if it has ended."""
    try:
        return process.cmdline()
    except (psutil.Error, OSError):
        return []


def _is(who: Who, process: psutil.Process) -> bool:
    command = _words(process)
    if who == "worker":
        return "isbe_bench.cli.worker" in command
    return any("multiprocessing.spawn" in each for each in command)


def _marked(wanted: Callable[[str], bool]) -> list[psutil.Process]:
    found = []
    for number in psutil.pids():
        with contextlib.suppress(psutil.Error, OSError):  # it has ended, or is another user's
            process = psutil.Process(number)
            is_marked = wanted(process.environ().get(_VARIABLE, ""))
            if is_marked and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _kill(process: psutil.Process) -> bool:
    """Kill a process; False if it had ended."""
    try:
        process.kill()
    except psutil.Error:
        return False
    return True
