"""Phase clocks: the times of the parts of a step on a device.

A phase ends when its work is done, not when its work is launched. On the CPU the two coincide; on CUDA,
events are recorded in the stream and read after a synchronisation.
"""

import statistics
import time
from typing import Protocol

import torch


class PhaseClock(Protocol):
    """Adds up the times between marks; each mark names the phase that it ends."""

    def start(self) -> None:
        """Start measuring on an idle device, and discard earlier times."""

    def mark(self, phase: str) -> None:
        """End a phase, which began at the last mark or at the start."""

    def totals_ms(self) -> dict[str, float]:
        """Milliseconds by phase since the start, after waiting for the device."""


def make(device: torch.device) -> PhaseClock:
    """The clock for a device."""
    return CudaClock() if device.type == "cuda" else WallClock()


class WallClock:
    """For the CPU, where work is done when the call returns."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self._totals_ns: dict[str, int] = {}
        self._last_ns = time.perf_counter_ns()

    def mark(self, phase: str) -> None:
        now_ns = time.perf_counter_ns()
        self._totals_ns[phase] = self._totals_ns.get(phase, 0) + now_ns - self._last_ns
        self._last_ns = now_ns

    def totals_ms(self) -> dict[str, float]:
        return {phase: total / 1e6 for phase, total in self._totals_ns.items()}


class CudaClock:
    """For CUDA: marks are events in the stream, so that marking does not wait for the device."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        torch.cuda.synchronize()  # or earlier work would count towards the first phase
        self._marks: list[tuple[str, torch.cuda.Event]] = []
        self._record("")

    def mark(self, phase: str) -> None:
        self._record(phase)

    def totals_ms(self) -> dict[str, float]:
        torch.cuda.synchronize()
        totals: dict[str, float] = {}
        for (_, before), (phase, after) in zip(self._marks, self._marks[1:], strict=False):
            totals[phase] = totals.get(phase, 0.0) + before.elapsed_time(after)
        return totals

    def _record(self, phase: str) -> None:
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        self._marks.append((phase, event))


def cost_ms(clock: PhaseClock, repetitions: int = 200) -> float:
    """The time that a clock adds to a phase: the median of `repetitions` empty phases, in ms."""
    times = []
    for _ in range(repetitions):
        clock.start()
        clock.mark("nothing")
        times.append(clock.totals_ms()["nothing"])
    return statistics.median(times)
