"""Signals that end a command: the first interrupts, so that work is saved; a second ends at once."""

import atexit
import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from types import FrameType

ENDING = frozenset(
    getattr(signal, name)
    for name in ("SIGHUP", "SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)
"""The signals that end a command. One that is ignored from the start (`nohup`) stays ignored."""

_SAME_SECONDS = 0.5
"""`timeout`, shells and Slurm send a signal to a process and to its group: that is one signal."""


class Interrupted(KeyboardInterrupt):
    """A signal came.

    A class of its own: Python would end with SIGINT, whatever the exit code, if a KeyboardInterrupt as
    such passed through the import of a compiled module.
    """


class _Received:
    """What has come since `as_interrupts` began."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.first: int | None = None
        self.at = 0.0
        self.deferred = False
        self.at_once = False


_state = _Received()


@contextlib.contextmanager
def as_interrupts() -> Iterator[None]:
    """Raise `Interrupted` at the first ending signal, leave with 128 + signal at a second one."""
    global _state
    _state = _Received()
    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        for number in ENDING:
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, _handle)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        _state = _Received()


def received() -> int | None:
    """The number of the signal that ends this command; None if none came."""
    return _state.first


def check() -> None:
    """Raise `Interrupted` if a signal came, whose exception code of others may have swallowed."""
    if _state.first is not None:
        raise Interrupted(signal.Signals(_state.first).name)


def exit_code() -> int:
    """The exit code of a command that was interrupted: 128 + signal."""
    return 128 + (_state.first or signal.SIGINT)


def description() -> str:
    """`interrupted`, and by which signal unless it was Ctrl-C."""
    number = _state.first or signal.SIGINT
    return "interrupted" if number == signal.SIGINT else f"interrupted by {signal.Signals(number).name}"


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Raise an `Interrupted` that falls into the block only after it."""
    _state.deferred = True
    try:
        yield
    finally:
        _state.deferred = False
    check()


@contextlib.contextmanager
def leaving_at_once() -> Iterator[None]:
    """Let the first signal leave at once, for imports, which turn an exception into others."""
    _state.at_once = True
    try:
        yield
    finally:
        _state.at_once = False


def leave_from_now_on() -> None:
    """Let each further signal leave at once: what is left of the program is its shutdown."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, frame: _leave(number))
    atexit.register(_ignore)


def _ignore() -> None:
    """Keep the exit code: Python resets handlers in the end, and a signal would kill it."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _handle(number: int, frame: FrameType | None) -> None:
    if os.getpid() != _state.process:  # a fork, which has nothing to save
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        return
    now = time.monotonic()
    if _state.first is not None:
        if now - _state.at > _SAME_SECONDS:
            _leave(number)
        return
    _state.first, _state.at = number, now
    if _state.at_once:
        _leave(number)
    if not _state.deferred:
        raise Interrupted(signal.Signals(number).name)


def _leave(number: int) -> None:
    """End without any cleaning up, but that no child goes on."""
    _state.first = number
    for child in multiprocessing.active_children():
        child.kill()
    # Not through sys.stderr: the signal may have come while that was written to.
    with contextlib.suppress(OSError):
        os.write(2, f"isbe-bench: {description()}\n".encode())
    os._exit(128 + number)
