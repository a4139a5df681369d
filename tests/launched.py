"""Sweeps of tiny trainings that tests start with some launcher, and wait for."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from conftest import Start

SECONDS = 240
"""After which a command hangs."""


def begin(start: Start, folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start a sweep on digits, one thread each, in a folder."""
    sweep = ("-m", "dataset=digits", "device=cpu", "device.threads=1")
    command = [sys.executable, "-m", "isbe_bench", *sweep, *arguments]
    return start(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def wait_until(holds: Callable[[], object]) -> None:
    """Wait until something holds; AssertionError if it never does."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.2)
