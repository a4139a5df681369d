"""The conditions of a measurement: the load by other processes, and the clock frequencies."""

import time
from datetime import UTC, datetime

import psutil
import torch

from isbe_bench.measuring import gpu
from isbe_bench.measuring.environment import ForeignLoad
from isbe_bench.runs.rows import MAX_FOREIGN_CPU_SHARE, Conditions


class Watch:
    """Observes the machine from the creation of this object until `conditions`."""

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
        """The conditions so far, as a row of `processes.csv`."""
        share = self._load.share()
        after = gpu.read(self._device)
        # Processes that came and went in between are not seen, but widen the intervals.
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
    """Why the times are untrusted and what to do about it; empty if they are trusted."""
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
    except (AttributeError, NotImplementedError, OSError, RuntimeError):  # depends on the system
        return float("nan")
    return float("nan") if frequency is None else float(frequency.current)
