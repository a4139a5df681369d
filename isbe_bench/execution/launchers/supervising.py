"""Keeps workers at work: a worker that dies is replaced."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from isbe_bench.execution.launchers.shift import Shift
from isbe_bench.signals import ENDING

FRUITLESS = 5
"""After so many deaths in a row without a change in any run, a worker is not replaced."""

_POLL_SECONDS = 0.1
_ENDED = (0, 1)
"""Exit codes of a worker that has nothing left to do; with 1, a run failed."""


@dataclass
class Post:
    """The place of one worker after another.

    Attributes
    ----------
    environment
        Variables that are added to this process's.
    log
        What its workers print goes to the end of this file; None for where this process prints.
    deaths
        How many workers died here.
    """

    shift: Shift
    environment: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    deaths: int = 0
    _process: "subprocess.Popen[bytes] | None" = None
    _fruitless: int = 0

    def start(self) -> None:
        """Start a worker; it is not reached by signals to this process's group."""
        self._before = self.shift.snapshot()
        output = self.log.open("ab") if self.log else None
        try:
            self._process = subprocess.Popen(
                self.shift.command(),
                cwd=self.shift.place,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
            )
        finally:
            if output:
                output.close()

    def is_manned(self) -> bool:
        """Whether a worker is at work here, perhaps the one that now replaces a dead one."""
        if self._process is None:
            return False
        code = self._process.poll()
        if code is None:
            return True
        self._process = None
        if code in _ENDED:
            return False
        self.deaths += 1
        self._fruitless = self._fruitless + 1 if self.shift.snapshot() == self._before else 0
        if self._fruitless >= FRUITLESS:
            return False
        self.start()
        return True

    def signal(self, number: int) -> None:
        """Pass a signal on to the worker."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(number)

    def leave(self) -> None:
        """Wait until the worker has left; none replaces it."""
        if self._process:
            self._process.wait()
            self._process = None


def man(shift: Shift, is_over: Callable[[], bool] = lambda: False) -> int | None:
    """Keep one worker at work until it ends by itself, or is told to save and leave.

    Parameters
    ----------
    shift
        What the worker does.
    is_over
        Asked again and again; once it says so, the worker is told.

    Returns
    -------
    int or None
        The signal that came, which tells the worker too; None without one.
    """
    post = Post(shift)
    received: list[int] = []
    before = {number: signal.signal(number, lambda got, _: received.append(got)) for number in ENDING}
    try:
        post.start()
        while post.is_manned():
            if received or is_over():
                post.signal(received[0] if received else signal.SIGTERM)
                post.leave()
                return received[0] if received else None
            time.sleep(_POLL_SECONDS)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return None
