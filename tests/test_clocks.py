"""Clocks: times go to the phase that ran."""

import pytest
import torch

from isbe_bench import clocks


def test_wall_clock_adds_up_by_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0, 1_000_000, 4_000_000, 9_000_000, 10_000_000, 20_000_000, 21_000_000])
    monkeypatch.setattr("time.perf_counter_ns", lambda: next(moments))
    clock = clocks.WallClock()
    clock.start()
    for phase in ("forward", "backward", "forward"):
        clock.mark(phase)
    assert clock.totals_ms() == {"forward": 4.0, "backward": 5.0}
    clock.start()
    clock.mark("forward")
    assert clock.totals_ms() == {"forward": 1.0}


def test_the_device_decides_the_clock() -> None:
    assert isinstance(clocks.make(torch.device("cpu")), clocks.WallClock)


class FakeEvent:
    """A CUDA event whose time is known only once the device has been waited for."""

    synchronized = False
    count = 0

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        FakeEvent.count += 1
        self.at = FakeEvent.count**2

    def elapsed_time(self, end: "FakeEvent") -> float:
        assert FakeEvent.synchronized, "an event was read before its work had ended"
        return float(end.at - self.at)


def test_cuda_clock_waits_before_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeEvent, "count", 0)
    monkeypatch.setattr(FakeEvent, "synchronized", False)
    monkeypatch.setattr("torch.cuda.Event", FakeEvent)
    monkeypatch.setattr("torch.cuda.synchronize", lambda: setattr(FakeEvent, "synchronized", True))
    clock = clocks.CudaClock()
    clock.start()  # the second event, at 4
    clock.mark("forward")  # 9
    clock.mark("backward")  # 16
    clock.mark("forward")  # 25
    assert clock.totals_ms() == {"forward": 14.0, "backward": 7.0}
