"""Phase clocks: how long the parts of a step take on a device.

A phase ends when its work has ended, not when its launch has. On the CPU the two are the same; on CUDA
events are recorded into the stream and read after a synchronisation.
"""

import statistics
import time
from typing import Protocol

import torch


class PhaseClock(Protocol):
    """Adds up the time between marks, by the name of the phase that each mark ends."""

    def start(self) -> None:
        """Begin to measure, on an idle device; what was measured before is forgotten."""

    def mark(self, phase: str) -> None:
        """End a phase: what has run since the last mark, or the start, belongs to it."""

    def totals_ms(self) -> dict[str, float]:
        """Milliseconds by phase since the start; waits for the device."""


def make(device: torch.device) -> PhaseClock:
    """The clock for a device."""
    return CudaClock() if device.type == "cuda" else WallClock()


class WallClock:
    """For the CPU, whose work is done when the call returns."""

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
    """For CUDA: events in the stream, so that marking neither waits nor measures launches."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        torch.cuda.synchronize()  # else work launched earlier would run into the first phase
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
    """What a clock adds to a phase: the median time of one in which nothing happens."""
    times = []
    for _ in range(repetitions):
        clock.start()
        clock.mark("nothing")
        times.append(clock.totals_ms()["nothing"])
    return statistics.median(times)
