"""What may have disturbed a measurement: who else used the machine, and how fast it ran."""

import dataclasses
import time
from datetime import UTC, datetime

import psutil
import torch

from isbe_bench import gpu
from isbe_bench.environment import ForeignLoad

MAX_FOREIGN_CPU_SHARE = 0.05
"""Above this share of the machine's CPU time, other processes have disturbed a measurement."""


@dataclasses.dataclass(frozen=True)
class Conditions:
    """A row of `processes.csv`: the conditions under which one process measured.

    Attributes
    ----------
    process
        Its number, from 0.
    started, seconds
        When it began to measure (UTC) and for how long, without its preparation.
    clock_ms
        What the clock adds to a phase.
    foreign_cpu_share
        The share of the machine's CPU time that other processes took, in [0, 1].
    cpu_mhz_before, cpu_mhz_after, gpu_mhz_before, gpu_mhz_after
        Clock frequencies; NaN where they cannot be read, as in most virtual machines.
    gpu_others
        How many other processes had work on the GPU; NaN where that cannot be read.
    gpu_throttled
        Why the GPU ran below its clock, empty where it did not or where that cannot be read.
    disturbed
        Why its times are not to be trusted, empty where they are.
    """

    process: int
    started: str
    seconds: float
    clock_ms: float
    foreign_cpu_share: float
    cpu_mhz_before: float
    cpu_mhz_after: float
    gpu_mhz_before: float
    gpu_mhz_after: float
    gpu_others: float
    gpu_throttled: str
    disturbed: str


class Watch:
    """Watches the machine from its creation until `conditions`."""

    def __init__(self, process: int, clock_ms: float, device: torch.device) -> None:
        self._process = process
        self._clock_ms = clock_ms
        self._device = device
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._begin = time.monotonic()
        self._cpu_mhz = _cpu_mhz()
        self._gpu = gpu.read(device)
        self._load = ForeignLoad()

    def conditions(self) -> Conditions:
        """What has been so far."""
        share = self._load.share()
        after = gpu.read(self._device)
        # What came and went in between is seen at neither end; the intervals show it.
        others = max(self._gpu.others, after.others)
        throttled = " and ".join(sorted({*self._gpu.throttled, *after.throttled}))
        return Conditions(
            process=self._process,
            started=self._started,
            seconds=round(time.monotonic() - self._begin, 3),
            clock_ms=self._clock_ms,
            foreign_cpu_share=share,
            cpu_mhz_before=self._cpu_mhz,
            cpu_mhz_after=_cpu_mhz(),
            gpu_mhz_before=self._gpu.mhz,
            gpu_mhz_after=after.mhz,
            gpu_others=others,
            gpu_throttled=throttled,
            disturbed=_reason(share, others, throttled),
        )


def _reason(foreign_cpu_share: float, gpu_others: float, gpu_throttled: str) -> str:
    """Why times are not to be trusted, with what to do about it; empty where they are."""
    reasons = []
    if foreign_cpu_share > MAX_FOREIGN_CPU_SHARE:
        reasons.append(
            f"other processes took {foreign_cpu_share:.0%} of the CPU (at most "
            f"{MAX_FOREIGN_CPU_SHARE:.0%} is trusted): end them, and measure again with force=true"
        )
    if gpu_others > 0:
        reasons.append(
            f"{gpu_others:.0f} other processes used the GPU: end them, or choose another with "
            "device.index, and measure again with force=true"
        )
    if gpu_throttled:
        reasons.append(
            f"the GPU was slowed down ({gpu_throttled}): let it cool down, or lock its clocks below "
            "what it can hold, and measure again with force=true"
        )
    return "; ".join(reasons)


def _cpu_mhz() -> float:
    try:
        frequency = psutil.cpu_freq()
    except (AttributeError, NotImplementedError, OSError, RuntimeError):  # as the system has it
        return float("nan")
    return float("nan") if frequency is None else float(frequency.current)
