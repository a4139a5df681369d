"""Keeps a tracker from harming a run: it may fail, hang, and draw random numbers."""

import contextlib
import functools
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

import numpy as np
import torch

from isbe_bench import signals
from isbe_bench.errors import describe_error

P = ParamSpec("P")
T = TypeVar("T")

_SECONDS = 30.0
_SECONDS_AFTER_A_SIGNAL = 5.0
"""How long a call may take; who pressed Ctrl-C waits for no server."""

_Call = tuple[Callable[[], Any], "Future[Any]"]


class Guard:
    """Makes the calls of one tracked run; after the first that fails, it makes no more.

    They are made in one thread of their own, which waits between them: so a call that hangs can be given
    up, and an interrupt, which reaches the main thread, ends no call half-way.

    Parameters
    ----------
    warn
        Is given the reason, in one line, when a call fails.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._is_open = True
        # A daemon, since the end of the program waits for no call either.
        threading.Thread(target=_make, args=(self._calls,), daemon=True).start()

    def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What the function returns; None if it fails, takes too long, or an earlier one did."""
        if not self._is_open:
            return None
        result: Future[T] = Future()
        seconds = _SECONDS if signals.received() is None else _SECONDS_AFTER_A_SIGNAL
        try:
            with _same_random_state():
                self._calls.put((functools.partial(function, *args, **kwargs), result))
                return result.result(seconds)
        except _FailedError as error:
            reason = str(error)
        except TimeoutError:
            reason = f"no answer within {seconds:g} s"
        self.close()
        self._warn(reason)
        return None

    def close(self) -> None:
        """Let the thread end when it has made its calls."""
        self._is_open = False
        self._calls.put(None)


class _FailedError(Exception):
    """A call failed; the message says why."""


def _make(calls: "SimpleQueue[_Call | None]") -> None:
    while call := calls.get():
        function, result = call
        try:
            result.set_result(function())
        except BaseException as error:
            # Wrapped: nothing that a library raises may pass for an interrupt or an end of the program.
            result.set_exception(_FailedError(describe_error(error)))


@contextlib.contextmanager
def _same_random_state() -> Iterator[None]:
    """Put the global generators back as they were: parts of the user's own may draw from any of them."""
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            random.setstate(of_python)
            np.random.set_state(of_numpy)  # noqa: NPY002
