"""The process that works on a run, and whether it still does."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import psutil

_CLOCK_SECONDS = 2
"""The start of a process is computed from the time of boot, which may be corrected by a second."""
_START_FIELD = 19
"""The place of the start in `/proc/PID/stat`, counted from behind the name, which may hold anything."""


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
        When it started (UTC, ISO 8601), by the clock as it was set when it was recorded.
    process_ticks
        The same in clock ticks, behind the name of the boot from which they count: no clock that is set
        changes it. Empty in old records, and where the system has none.
    """

    host: str
    process: int
    process_started: str
    process_ticks: str = ""

    @classmethod
    def current(cls) -> Self:
        """The process that asks."""
        started = _start(psutil.Process()).isoformat("T", "seconds")
        return cls(socket.gethostname(), os.getpid(), started, _ticks(os.getpid()))

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self | None:
        """The process in a record; None if the record, perhaps an old one, names none."""
        try:
            datetime.fromisoformat(record["process_started"])
            started, ticks = record["process_started"], str(record.get("process_ticks", ""))
            return cls(str(record["host"]), int(record["process"]), started, ticks)
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
            if self.process_ticks and (ticks := _ticks(self.process)):
                return ticks == self.process_ticks
            difference = _start(process) - datetime.fromisoformat(self.process_started)
        except psutil.Error:
            return False
        return abs(difference.total_seconds()) <= _CLOCK_SECONDS


def _start(process: psutil.Process) -> datetime:
    return datetime.fromtimestamp(process.create_time(), UTC)


def _ticks(process: int) -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        return f"{boot} {stat.rpartition(')')[2].split()[_START_FIELD]}"
    except (OSError, IndexError):
        return ""
