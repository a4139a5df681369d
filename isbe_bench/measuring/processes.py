"""A measurement in a fresh process, which nothing that ran before can have settled."""

import multiprocessing
import signal
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

Report = Callable[[Any], None]
"""Sends something small to the process that waits."""


class ProcessError(Exception):
    """A process failed; the message says why, and ends with its traceback where there is one."""


def run_fresh(work: Callable[..., T], *arguments: Any, heard: Report) -> T:
    """`work(*arguments, report)` in a new process; what it reports goes to `heard`.

    `work` and its arguments must be picklable. The process gets the allocator's settings before it
    imports anything large, and is killed if this one is interrupted.

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
        _start_deaf_to_interrupts(process)
        sender.close()  # so that the end of the process ends the reading
        call_receiver.close()
        call_sender.send((work, arguments))
        while True:
            kind, content = receiver.recv()
            if kind == "report":
                heard(content)
            elif kind == "result":
                result: T = content
                process.join(_SECONDS_TO_END)  # in peace, so that nothing of it is left
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


def _start_deaf_to_interrupts(process: BaseProcess) -> None:
    """Ctrl-C reaches all processes of a terminal; the waiting one decides what becomes of this one."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.SIG_IGN or not hasattr(signal, "pthread_sigmask"):  # inherited; Windows
        process.start()
        return
    resource_tracker.ensure_running()  # its own start would lift the block below
    interrupts: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: interrupts.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which the new process inherits
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, handler)
    if interrupts:  # put off until the process was whole
        raise KeyboardInterrupt


def _serve(sender: "Connection[Any, Any]", calls: "Connection[Any, Any]") -> None:
    allocator.settle()
    try:
        work, arguments = calls.recv()  # imports what `work` needs, PyTorch with it
        result = work(*arguments, lambda content: sender.send(("report", content)))
    except BrokenPipeError:  # nobody waits any more
        return
    except Exception as error:
        reason = "".join(traceback.format_exception_only(error)).strip()
        sender.send(("error", f"{reason}\n\n{traceback.format_exc()}"))
    else:
        sender.send(("result", result))


class Throttle:
    """Lets a report pass once a second, so that telling of the work does not disturb it."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._last = time.monotonic()

    def __call__(self, content: Any) -> None:
        if time.monotonic() - self._last >= 1:
            self._report(content)
            self._last = time.monotonic()
