"""What is made ahead on a GPU, with a stand-in for its streams."""

import contextlib
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from isbe_bench.data import prefetching

PARTS = [slice(0, 2), slice(2, 4), slice(4, 5)]


class StandIn:
    """Both streams; notes what is asked of them."""

    def __init__(self, log: list[str]) -> None:
        self._log = log

    def wait_stream(self, other: object) -> None:
        self._log.append("side waits for what is there")

    def record_event(self) -> str:
        return self._log[-1].removeprefix("make ")

    def wait_event(self, event: str) -> None:
        self._log.append(f"wait for {event}")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    log: list[str] = []
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: StandIn(log))
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: StandIn(log))
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: contextlib.nullcontext())
    monkeypatch.setattr(Tensor, "record_stream", lambda tensor, stream: None)
    return log


def used(device: str, log: list[str]) -> Iterator[Tensor]:
    values = torch.arange(5)

    def make(part: slice) -> Tensor:
        log.append(f"make {part.start}")
        return values[part]

    for tensor in prefetching.made(make, PARTS, torch.device(device)):
        log.append(f"use {int(tensor[0])}")
        yield tensor


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_all_parts_come_in_order(device: str, log: list[str]) -> None:
    assert torch.cat(list(used(device, log))).tolist() == [0, 1, 2, 3, 4]


def test_a_gpu_makes_the_next_part_before_one_is_used(log: list[str]) -> None:
    list(used("cuda", log))
    assert log == [
        "side waits for what is there",
        *("make 0", "wait for 0"),
        *("make 2", "use 0", "wait for 2"),
        *("make 4", "use 2", "wait for 4"),
        "use 4",
    ]


def test_a_cpu_makes_a_part_when_it_is_used(log: list[str]) -> None:
    list(used("cpu", log))
    assert log == ["make 0", "use 0", "make 2", "use 2", "make 4", "use 4"]


def test_no_parts(log: list[str]) -> None:
    assert not list(prefetching.made(lambda part: torch.empty(0), [], torch.device("cuda")))
