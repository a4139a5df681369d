"""Work in a fresh process, unaffected by earlier work."""

import gc
import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from isbe_bench import orphans, signals, streams
from isbe_bench.measuring import allocator

T = TypeVar("T")

_SECONDS_TO_END = 10

Report = Callable[[Any], None]
"""Sends a small object to the waiting process."""


class ProcessError(Exception):
    """A process failed; the message gives the reason, and the traceback if there is one."""


def run_fresh(work: Callable[..., T], *arguments: Any, heard: Report) -> T:
    """Call `work(*arguments, report)` in a new process; `heard` receives its reports.

    `work` and its arguments must be picklable. The process applies the allocator's settings before it
    imports anything large, and is killed if this one is interrupted or dies. Call it from a thread that
    lives as long: on Linux the process dies with the thread that started it.

    Raises
    ------
    ProcessError
        `work` raised, or the process died.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    call_receiver, call_sender = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(sender, call_receiver), daemon=True)
    try:
        _start_ignoring_signals(process)
        sender.close()  # so that reading ends when the process does
        call_receiver.close()
        call_sender.send((work, arguments))
        while True:
            kind, content = receiver.recv()
            if kind == "report":
                heard(content)
            elif kind == "result":
                result: T = content
                process.join(_SECONDS_TO_END)  # let it end by itself and clean up
                return result
            else:
                raise ProcessError(content)
    except (EOFError, BrokenPipeError):
        process.join()
        raise ProcessError(f"the process died with exit code {process.exitcode}") from None
    finally:
        if process.pid is not None:
            process.kill()
            process.join()


def _start_ignoring_signals(process: BaseProcess) -> None:
    """Ctrl-C and the like reach a whole group of processes; only the waiting one may react to them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        process.start()
        return
    with signals.deferred():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signals.ENDING)
        try:
            resource_tracker.ensure_running()  # lifts the block of some
            signal.pthread_sigmask(signal.SIG_BLOCK, signals.ENDING)  # which the new process inherits
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(sender: "Connection[Any, Any]", calls: "Connection[Any, Any]") -> None:
    streams.prepare()
    parent = multiprocessing.parent_process()
    assert parent is not None, "started by multiprocessing"
    assert parent.pid is not None
    orphans.end_with(parent.pid, signal.SIGKILL)
    allocator.settle()
    try:
        work, arguments = calls.recv()  # imports what `work` needs, PyTorch with it
        result = work(*arguments, lambda content: sender.send(("report", content)))
    except BrokenPipeError:  # no process waits any more
        return
    except Exception as error:
        reason = "".join(traceback.format_exception_only(error)).strip()
        sender.send(("error", f"{reason}\n\n{traceback.format_exc()}"))
    else:
        sender.send(("result", result))
    gc.freeze()  # or Python would look for garbage among PyTorch's objects for another second


class Throttle:
    """Passes on at most one report a second, so that reports do not disturb the work."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._last = time.monotonic()

    def __call__(self, content: Any) -> None:
        if time.monotonic() - self._last >= 1:
            self._report(content)
            self._last = time.monotonic()
