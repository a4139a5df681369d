"""No process goes on when the one that waits for it has died, even by SIGKILL."""

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_POLL_SECONDS = 1.0


def end_with(parent: int, number: signal.Signals) -> None:
    """Send this process a signal when its parent dies, or now if that has happened.

    On Linux it is sent when the thread ends that started this process.

    Parameters
    ----------
    parent
        The number of the process that started this one.
    number
        The signal.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            signal.raise_signal(number)
    else:
        threading.Thread(target=_watch, args=(parent, number), daemon=True).start()


def _watch(parent: int, number: signal.Signals) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os.kill(os.getpid(), number)
