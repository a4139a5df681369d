"""The measurements of `task=head` at one size: of ways that begin at scores, and at features."""

import functools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from isbe_bench.catalogue.heads import COPY, PRODUCTS
from isbe_bench.losses import heads, linear_heads
from isbe_bench.losses.heads import Gradient
from isbe_bench.losses.linear_heads import LinearGradient
from isbe_bench.measuring import balanced_rounds, clocks, memory
from isbe_bench.tasks.head.settings import Head, Size

_CHECKED_ROWS = 16
_TOLERANCES = {torch.float32: 1e-5, torch.bfloat16: 2e-2}
"""Of the norm of the error over that of the gradient."""


class Bench(ABC):
    """The inputs of one size, and the measurements made with them.

    Attributes
    ----------
    size
        The shape of the scores.
    floor
        The name of the work that no way can do without.
    """

    floor: str

    def __init__(self, size: Size, dtype: torch.dtype, device: torch.device) -> None:
        self.size = size
        self._dtype = dtype
        self._device = device
        self._clock = clocks.make(device)

    @abstractmethod
    def call(self, gradient: Any) -> Any:
        """Call a way with the inputs."""

    @abstractmethod
    def do_floor(self) -> Any:
        """Do the work that no way can do without."""

    @abstractmethod
    def differences(self, way: Any, result: Any) -> list[tuple[Tensor, Tensor]]:
        """Parts of a result, not divided by the batch size, and what they should be, in float64."""

    @abstractmethod
    def renew(self) -> None:
        """Make inputs that a way overwrites as they were."""

    def subject(self, gradient: Any) -> balanced_rounds.Subject:
        """A way, timed right after an untimed run of the same way, each on fresh inputs.

        A way that takes microseconds is sensitive to what ran before it. After different ways, its
        times would be a mixture whose median jumps. (In a training step, the same network runs before
        any head.)
        """
        return self._subject(functools.partial(self.call, gradient))

    def floor_subject(self) -> balanced_rounds.Subject:
        """The floor, timed like a way."""
        return self._subject(self.do_floor)

    def trial(self, gradients: Mapping[str, Any]) -> float:
        """Seconds that one round takes."""
        started = time.monotonic()
        for subject in (*map(self.subject, gradients.values()), self.floor_subject()):
            subject(0)
        return time.monotonic() - started

    def peak_bytes(self, gradient: Any) -> int:
        """Peak memory of a way beyond its inputs, in bytes."""
        self.renew()
        return memory.peak_bytes(lambda: self.call(gradient), self._device)

    def error(self, name: str, way: Any, gradient: Any) -> float:
        """The largest distance of a way's result from its reference.

        Raises
        ------
        ArithmeticError
            The norm of the difference is too large.
        """
        self.renew()
        largest = 0.0
        for part, expected in self.differences(way, self.call(gradient)):
            part = part.double() * (self.size.batch_size if way.mean else 1)
            error = float((part - expected).norm() / expected.norm())
            if not error < _TOLERANCES[self._dtype]:
                raise ArithmeticError(
                    f"{name} with {self.size.classes} classes: the gradient is off by {error:.1e}"
                )
            largest = max(largest, float((part - expected).abs().max()))
        return largest

    def _subject(self, do: Callable[[], Any]) -> balanced_rounds.Subject:
        def once(number: int) -> Mapping[str, float]:
            self.renew()
            do()
            self.renew()
            self._clock.start()
            result = do()
            self._clock.mark("gradient")
            times = self._clock.totals_ms()
            del result
            return times

        return once


class ScoreBench(Bench):
    """Scores (batch, K) and labels."""

    floor = COPY

    def __init__(
        self, size: Size, dtype: torch.dtype, device: torch.device, generator: torch.Generator
    ) -> None:
        super().__init__(size, dtype, device)
        shape = size.batch_size, size.classes
        self._source = torch.randn(shape, generator=generator).to(device, dtype)
        self._scores = torch.empty_like(self._source)
        self._target = torch.empty_like(self._source)
        self._labels = torch.randint(size.classes, shape[:1], generator=generator).to(device)

    def renew(self) -> None:
        self._scores.copy_(self._source)

    def call(self, gradient: Gradient) -> Tensor:
        return gradient(self._scores, self._labels)

    def do_floor(self) -> Tensor:
        return self._target.copy_(self._scores)

    def differences(self, way: heads.Way, result: Tensor) -> list[tuple[Tensor, Tensor]]:
        rows = slice(0, _CHECKED_ROWS)
        return [(result[rows], way.reference(self._source[rows], self._labels[rows]))]


class LinearBench(Bench):
    """Features (batch, D), weights (K, D) and labels; scores are of the order of 1."""

    floor = PRODUCTS

    def __init__(
        self,
        size: Size,
        width: int,
        dtype: torch.dtype,
        device: torch.device,
        generator: torch.Generator,
    ) -> None:
        super().__init__(size, dtype, device)
        features = torch.randn(size.batch_size, width, generator=generator)
        weights = torch.randn(size.classes, width, generator=generator) / width**0.5
        self._inputs = features.to(device, dtype), weights.to(device, dtype)
        labels = torch.randint(size.classes, (size.batch_size,), generator=generator)
        self._labels = labels.to(device)
        self._references: dict[str, linear_heads.Gradients] = {}  # which takes as long as a way

    def renew(self) -> None:
        """No way overwrites them."""

    def call(self, gradient: LinearGradient) -> linear_heads.Gradients:
        return gradient(*self._inputs, self._labels)

    def do_floor(self) -> linear_heads.Gradients:
        return linear_heads.products(*self._inputs, self._labels)

    def differences(
        self, way: linear_heads.LinearWay, result: linear_heads.Gradients
    ) -> list[tuple[Tensor, Tensor]]:
        if way.activation not in self._references:
            self._references[way.activation] = way.reference(*self._inputs, self._labels)
        return list(zip(result, self._references[way.activation], strict=True))


def make(
    head: Head, dtype: torch.dtype, device: torch.device, generator: torch.Generator
) -> list[Bench]:
    """A bench for each size."""
    if head.features is None:
        return [ScoreBench(size, dtype, device, generator) for size in head.sizes]
    return [LinearBench(size, head.features, dtype, device, generator) for size in head.sizes]
