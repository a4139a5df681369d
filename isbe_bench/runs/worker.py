"""The process that works on a run, and whether it still does."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import psutil

_CLOCK_SECONDS = 2
"""The start of a process is computed from the time of boot, which may be corrected by a second."""


@dataclass(frozen=True)
class Worker:
    """A process, as it is recorded.

    Attributes
    ----------
    host
        The name of its machine.
    process
        Its number there. Another process may get the same number later.
    process_started
        When it started (UTC, ISO 8601).
    """

    host: str
    process: int
    process_started: str

    @classmethod
    def current(cls) -> Self:
        """The process that asks."""
        return cls(socket.gethostname(), os.getpid(), _start(psutil.Process()).isoformat("T", "seconds"))

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self | None:
        """The process in a record; None if the record, perhaps an old one, names none."""
        try:
            datetime.fromisoformat(record["process_started"])
            return cls(str(record["host"]), int(record["process"]), record["process_started"])
        except (KeyError, TypeError, ValueError):
            return None

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}"

    @property
    def is_here(self) -> bool:
        """Whether it belongs to this machine, so that `is_alive` is known."""
        return self.host == socket.gethostname()

    @property
    def is_alive(self) -> bool:
        """Whether this machine runs it."""
        try:
            process = psutil.Process(self.process)
            if process.status() == psutil.STATUS_ZOMBIE:  # ended, and nobody has asked how
                return False
            difference = _start(process) - datetime.fromisoformat(self.process_started)
        except psutil.Error:
            return False
        return abs(difference.total_seconds()) <= _CLOCK_SECONDS


def _start(process: psutil.Process) -> datetime:
    return datetime.fromtimestamp(process.create_time(), UTC)
