"""The guard of a tracker's calls: whatever they do, the run does not notice."""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from isbe_bench import signals
from isbe_bench.tracking import guard
from isbe_bench.tracking.guard import Guard


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def guarded(warnings: list[str]) -> Iterator[Guard]:
    made = Guard(warnings.append)
    yield made
    made.close()


@pytest.fixture
def hang() -> Iterator[Callable[[], None]]:
    """A function that does not return before the test ends."""
    ended = threading.Event()
    yield lambda: (ended.wait(), None)[1]
    ended.set()


def test_a_call_returns_what_its_function_returns(guarded: Guard, warnings: list[str]) -> None:
    assert guarded(divmod, 7, 2) == (3, 1)
    assert guarded(int, "11", base=2) == 3
    assert warnings == []


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), MemoryError(), KeyboardInterrupt(), SystemExit(3)]
)
def test_after_the_first_failure_there_is_one_warning_and_no_further_call(
    guarded: Guard, warnings: list[str], error: BaseException
) -> None:
    calls = []

    def fail() -> None:
        calls.append("fail")
        raise error

    assert guarded(fail) is None
    assert guarded(fail) is None
    assert calls == ["fail"]
    (warning,) = warnings
    assert warning.startswith(type(error).__name__)


def test_a_call_that_hangs_is_given_up(
    guarded: Guard, warnings: list[str], hang: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_SECONDS", 0.05)
    assert guarded(hang) is None
    assert warnings == ["no answer within 0.05 s"]


def test_a_signal_interrupts_the_waiting_and_nobody_waits_long_afterwards(
    guarded: Guard, warnings: list[str], hang: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_SECONDS_AFTER_A_SIGNAL", 0.05)
    with signals.as_interrupts():
        timer = threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT])
        timer.start()
        with pytest.raises(signals.Interrupted):
            guarded(hang)
        assert guarded(lambda: "the end") is None
    timer.join()
    assert warnings == ["no answer within 0.05 s"]


def test_a_call_that_draws_changes_no_random_number(guarded: Guard) -> None:
    def drawn() -> tuple[float, float, float]:
        return random.random(), np.random.random(), float(torch.rand(()))  # noqa: NPY002

    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    expected = [drawn(), drawn()]
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    first = drawn()
    assert guarded(drawn) == expected[1]  # the same generators
    assert [first, drawn()] == expected
