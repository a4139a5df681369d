"""Work in a fresh process, unaffected by earlier work."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from isbe_bench.measuring import allocator

T = TypeVar("T")

_SECONDS_TO_END = 10
_PR_SET_PDEATHSIG = 1  # linux/prctl.h

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
        _start_ignoring_interrupts(process)
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


def _start_ignoring_interrupts(process: BaseProcess) -> None:
    """Ctrl-C reaches all processes of a terminal; only the waiting process may react to it."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.SIG_IGN or not hasattr(signal, "pthread_sigmask"):  # inherited; Windows
        process.start()
        return
    resource_tracker.ensure_running()  # starting it later would lift the block below
    interrupts: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: interrupts.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which the new process inherits
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, handler)
    if interrupts:  # delayed until the process was started
        raise KeyboardInterrupt


def _serve(sender: "Connection[Any, Any]", calls: "Connection[Any, Any]") -> None:
    _die_with_parent()
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


def _die_with_parent() -> None:
    """Let this process end with the one that waits for it, even if that is killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "started by multiprocessing"
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent.pid:  # it died before
            os._exit(1)
    else:
        threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(process: BaseProcess) -> None:
    process.join()
    os._exit(1)


class Throttle:
    """Passes on at most one report a second, so that reports do not disturb the work."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._last = time.monotonic()

    def __call__(self, content: Any) -> None:
        if time.monotonic() - self._last >= 1:
            self._report(content)
            self._last = time.monotonic()
