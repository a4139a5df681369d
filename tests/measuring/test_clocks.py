"""Clocks: times go to the phase whose work ran, also on a device that works on its own."""

import time
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from isbe_bench.losses.mode import LossMode
from isbe_bench.measuring import clocks, steps


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


def test_the_cost_of_a_clock_is_that_of_an_empty_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = (250_000 * number for number in range(10_000))
    monkeypatch.setattr("time.perf_counter_ns", lambda: next(moments))
    assert clocks.cost_ms(clocks.WallClock()) == 0.25


class FakeDevice:
    """A device that works on its own: the host only queues, and time passes for both.

    `host` and `free` are the moments, in milliseconds, at which the host stands and at which the device
    will have done all that is queued.
    """

    def __init__(self) -> None:
        self.host = 0.0
        self.free = 0.0

    def launch(self, work_ms: float) -> None:
        self.host += 0.01
        self.free = max(self.free, self.host) + work_ms

    def synchronize(self) -> None:
        self.host = max(self.host, self.free)

    def event(self, enable_timing: bool) -> "FakeEvent":
        assert enable_timing
        return FakeEvent(self)


class FakeEvent:
    """Passes when the device comes to it, and is not to be read before."""

    def __init__(self, device: FakeDevice) -> None:
        self._device = device

    def record(self) -> None:
        self._at = max(self._device.free, self._device.host)

    def elapsed_time(self, end: "FakeEvent") -> float:
        assert self._device.host >= end._at, "an event was read before its work had ended"
        return end._at - self._at


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> FakeDevice:
    fake = FakeDevice()
    monkeypatch.setattr("torch.cuda.synchronize", fake.synchronize)
    monkeypatch.setattr("torch.cuda.Event", fake.event)
    return fake


class FakeNetwork(nn.Module):
    def __init__(self, device: FakeDevice) -> None:
        super().__init__()
        self._fake = device

    def forward(self, images: Tensor) -> Tensor:
        self._fake.launch(3.0)
        return images


class FakeMode(LossMode):
    def __init__(self, device: FakeDevice) -> None:
        self._fake = device

    def forward(self, scores: Tensor, labels: Tensor, *features: Tensor) -> None:
        self._fake.launch(1.0)

    def backward(self) -> None:
        self._fake.launch(8.0)

    def per_image(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        raise NotImplementedError


def test_phases_end_when_their_work_has_ended_on_a_device_that_works_on_its_own(
    device: FakeDevice,
) -> None:
    mode = FakeMode(device)
    step = steps.EagerStep(FakeNetwork(device), mode, clocks.CudaClock())
    for _ in range(3):
        device.launch(50.0)  # of the step before; it is not this step's time
        times = step(torch.zeros(1), torch.zeros(1))
        assert times == pytest.approx({"forward": 4.01, "backward": 8.0})


@pytest.mark.parametrize("removed", ["start", "totals_ms"])
def test_without_either_synchronisation_times_are_wrong_or_refused(
    device: FakeDevice, monkeypatch: pytest.MonkeyPatch, removed: str
) -> None:
    """What the test above would see if one of the clock's two synchronisations were removed."""
    clock = clocks.CudaClock()
    original = getattr(clock, removed)

    def without(*arguments: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr("torch.cuda.synchronize", lambda: None)
            return original(*arguments)

    monkeypatch.setattr(clock, removed, without)
    step = steps.EagerStep(FakeNetwork(device), FakeMode(device), clock)
    device.launch(50.0)
    try:
        times = step(torch.zeros(1), torch.zeros(1))
    except AssertionError:
        return
    assert times != pytest.approx({"forward": 4.01, "backward": 8.0})


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_a_phase_lasts_as_long_as_its_work() -> None:
    cycles = 50_000_000

    class Sleeps(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            torch.cuda._sleep(cycles)
            return images

    class SleepsTwice(FakeMode):
        def __init__(self) -> None: ...

        def forward(self, scores: Tensor, labels: Tensor, *features: Tensor) -> None: ...

        def backward(self) -> None:
            torch.cuda._sleep(2 * cycles)

    step = steps.EagerStep(Sleeps(), SleepsTwice(), clocks.CudaClock())
    images = torch.zeros(1, device="cuda")
    step(images, images)
    torch.cuda._sleep(4 * cycles)
    started = time.perf_counter()
    times = step(images, images)
    waited_ms = 1000 * (time.perf_counter() - started)
    assert times["backward"] / times["forward"] == pytest.approx(2, rel=0.2)
    assert waited_ms > 0.9 * sum(times.values())
