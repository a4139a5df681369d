"""Timed forward and backward phases under a loss mode, run eagerly or as CUDA graphs."""

from collections.abc import Callable, Mapping
from typing import Protocol

from torch import Tensor, nn

from isbe_bench.losses.mode import LossMode
from isbe_bench.measuring import capture, clocks
from isbe_bench.measuring.precision import Forward, forward
from isbe_bench.settings.device import Engine, Precision


class Step(Protocol):
    """Forward and backward phase of one batch; gradients are discarded, so nothing is learnt."""

    def __call__(self, images: Tensor, labels: Tensor) -> Mapping[str, float]:
        """Milliseconds by phase, `forward` and `backward`; the device is idle before and after."""


Features = Callable[[], tuple[Tensor, ...]]
"""The features of the last forward pass, for a mode that takes them; else nothing."""


def make(
    engine: Engine,
    network: nn.Module,
    mode: LossMode,
    batch: tuple[Tensor, Tensor],
    features: Features = tuple,
    precision: Precision = "float32",
) -> Step:
    """The step for an engine, `eager` or `graph`, and batches shaped like `batch`."""
    device = batch[0].device
    clock, run = clocks.make(device), forward(network, precision, device)
    if engine == "graph":
        return GraphStep(network, mode, clock, batch, features, run)
    return EagerStep(network, mode, clock, features, run)


class EagerStep:
    """Launches operations one by one, as in the training loop."""

    def __init__(
        self,
        network: nn.Module,
        mode: LossMode,
        clock: clocks.PhaseClock,
        features: Features = tuple,
        run: Forward | None = None,
    ) -> None:
        self._network = network
        self._run = run or network
        self._mode = mode
        self._clock = clock
        self._features = features

    def __call__(self, images: Tensor, labels: Tensor) -> Mapping[str, float]:
        clock = self._clock
        clock.start()
        scores = self._run(images)
        self._mode.forward(scores, labels, *self._features())
        clock.mark("forward")
        self._mode.backward()
        clock.mark("backward")
        times = clock.totals_ms()
        _zero_gradients(self._network, self._mode)
        return times


class GraphStep:
    """Captures both phases once and replays each in one launch, so that the device alone is timed."""

    def __init__(
        self,
        network: nn.Module,
        mode: LossMode,
        clock: clocks.PhaseClock,
        batch: tuple[Tensor, Tensor],
        features: Features = tuple,
        run: Forward | None = None,
    ) -> None:
        self._clock = clock
        run = run or network
        self._images, self._labels = (tensor.clone() for tensor in batch)

        def forward() -> None:
            self._scores = run(self._images)
            mode.forward(self._scores, self._labels, *features())

        self._forward, self._backward = capture.capture(
            (forward, mode.backward), lambda: _zero_gradients(network, mode)
        )
        # Each replay writes these; the network must neither add to them nor free them.
        self._gradients = [parameter.grad for parameter in network.parameters()]
        self._loss_gradients = [each.grad for each in mode.module.parameters()] if mode.module else []
        _zero_gradients(network, mode)

    def __call__(self, images: Tensor, labels: Tensor) -> Mapping[str, float]:
        self._images.copy_(images)
        self._labels.copy_(labels)
        clock = self._clock
        clock.start()
        self._forward()
        clock.mark("forward")
        self._backward()
        clock.mark("backward")
        return clock.totals_ms()

    @property
    def gradients(self) -> list[Tensor]:
        """The gradients of the network's parameters after the last step."""
        return [gradient for gradient in self._gradients if gradient is not None]


def _zero_gradients(network: nn.Module, mode: LossMode) -> None:
    network.zero_grad()
    if mode.module is not None:
        mode.module.zero_grad()
