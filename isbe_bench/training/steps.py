"""A training step: forward and backward phase and update, launched one by one or as CUDA graphs."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm import tqdm

from isbe_bench.errors import describe_error
from isbe_bench.losses.mode import LossMode
from isbe_bench.measuring import capture
from isbe_bench.measuring.capture import Replay
from isbe_bench.measuring.clocks import PhaseClock
from isbe_bench.measuring.precision import Forward
from isbe_bench.settings.device import Engine
from isbe_bench.training.diagnostics import Diagnostics


@dataclass(frozen=True)
class Parts:
    """What a step works with.

    Attributes
    ----------
    modules
        Whose weights learn.
    forward, features
        From images to scores, and the features of the last call, for a mode that takes them.
    mode, optimizer, diagnostics, clock
        Of the training.
    """

    modules: nn.Module
    forward: Forward
    features: Callable[[], tuple[Tensor, ...]]
    mode: LossMode
    optimizer: Optimizer
    diagnostics: Diagnostics
    clock: PhaseClock


class Step(Protocol):
    """A step, whose phases are marked on the clock."""

    def __call__(self, number: int, images: Tensor, wanted: Tensor) -> list[Tensor]:
        """Make the step with this number in its epoch; returns scores and features, detached.

        `wanted` are labels (n,) or targets (n, K). The results may be overwritten by the next step.
        """


def make(engine: Engine, parts: Parts) -> Step:
    """The step for an engine."""
    return GraphStep(parts) if engine == "graph" else EagerStep(parts)


class EagerStep:
    """Launches operations one by one."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def __call__(self, number: int, images: Tensor, wanted: Tensor) -> list[Tensor]:
        parts, clock = self._parts, self._parts.clock
        scores = parts.forward(images)
        parts.mode.forward(scores, wanted, *parts.features())
        clock.mark("forward")
        parts.diagnostics.begin(number, scores)
        clock.mark("bookkeeping")
        parts.mode.backward()
        clock.mark("backward")
        parts.diagnostics.end(number)
        clock.mark("bookkeeping")
        parts.optimizer.step()
        parts.optimizer.zero_grad()
        clock.mark("optimizer")
        return [each.detach() for each in (scores, *parts.features())]


class GraphStep:
    """Launches three CUDA graphs: the forward phase, the backward phase and the update.

    Steps that diagnostics look at run eagerly, and batches of another size than the one captured. If a
    capture fails, a line gives the reason, and all steps run eagerly.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._eager = EagerStep(parts)
        self._fails = False
        self._captured: _Captured | None = None

    def __call__(self, number: int, images: Tensor, wanted: Tensor) -> list[Tensor]:
        if self._fails or self._parts.diagnostics.looks_at(number):
            return self._eager(number, images, wanted)
        if self._captured is None or not self._captured.learns_the_same:
            self._captured = self._capture(images, wanted)
        if self._captured is None or not self._captured.fits(images, wanted):
            return self._eager(number, images, wanted)
        return self._captured(images, wanted)

    def _capture(self, images: Tensor, wanted: Tensor) -> "_Captured | None":
        """The graphs of such a step; None if it cannot be captured. Weights and state stay."""
        before = _State(self._parts, images.device)
        try:
            return _Captured(self._parts, images, wanted)
        except Exception as error:  # of whatever the net, the loss or the optimiser does
            tqdm.write(f"train.engine=graph: steps run eagerly ({describe_error(error)})")
            self._fails = True
            return None
        finally:
            before.restore()


class _Captured:
    """The graphs of a step, and the memory that they read and write."""

    def __init__(self, parts: Parts, images: Tensor, wanted: Tensor) -> None:
        self._parts = parts
        self._images, self._wanted = images.clone(), wanted.clone()
        self._outputs: list[Tensor] = []
        self._learning = self._which_learn()
        for group in parts.optimizer.param_groups:  # read at each launch, unlike a number
            group["lr"] = torch.tensor(float(group["lr"]), device=images.device)
            if "capturable" in group:
                group["capturable"] = True
        phases = self._forward, parts.mode.backward, self._update
        self._replays: list[Replay] = capture.capture(phases, parts.optimizer.zero_grad)
        # The graphs write these; nothing else may add to them or free them.
        self._gradients = [weight.grad for weight in parts.modules.parameters()]
        parts.optimizer.zero_grad()

    @property
    def learns_the_same(self) -> bool:
        """Whether the weights that learn are those that learnt when the graphs were captured."""
        return self._learning == self._which_learn()

    def fits(self, images: Tensor, wanted: Tensor) -> bool:
        """Whether a batch has the shape that was captured."""
        return images.shape == self._images.shape and wanted.shape == self._wanted.shape

    def __call__(self, images: Tensor, wanted: Tensor) -> list[Tensor]:
        self._images.copy_(images)
        self._wanted.copy_(wanted)
        for replay, phase in zip(self._replays, ("forward", "backward", "optimizer"), strict=True):
            replay()
            self._parts.clock.mark(phase)
        return self._outputs

    def _forward(self) -> None:
        parts = self._parts
        scores = parts.forward(self._images)
        parts.mode.forward(scores, self._wanted, *parts.features())
        self._outputs = [each.detach() for each in (scores, *parts.features())]

    def _update(self) -> None:
        self._parts.optimizer.step()

    def _which_learn(self) -> list[bool]:
        return [weight.requires_grad for weight in self._parts.modules.parameters()]


class _State:
    """Weights, optimiser and random numbers at a moment, to put back into the same memory."""

    def __init__(self, parts: Parts, device: torch.device) -> None:
        self._parts = parts
        self._device = device
        self._modules = copy.deepcopy(parts.modules.state_dict())
        states = parts.optimizer.state.items()
        self._optimizer = {weight: copy.deepcopy(state) for weight, state in states}
        self._numbers = torch.get_rng_state(), _cuda_numbers(device)

    def restore(self) -> None:
        """Put everything back. State that the optimiser did not have becomes zeros."""
        parts = self._parts
        parts.optimizer.zero_grad()
        parts.modules.load_state_dict(self._modules)
        for weight, state in parts.optimizer.state.items():
            _put_back(state, self._optimizer.get(weight, {}))
        numbers, cuda_numbers = self._numbers
        torch.set_rng_state(numbers)
        if cuda_numbers is not None:
            torch.cuda.set_rng_state(cuda_numbers, self._device)


def _put_back(state: dict[str, Any], before: dict[str, Any]) -> None:
    for name, value in state.items():
        if not isinstance(value, Tensor):
            continue
        if name in before:
            value.copy_(before[name])
        else:
            value.zero_()


def _cuda_numbers(device: torch.device) -> Tensor | None:
    """The state of a CUDA device's generator; None for the CPU."""
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else None
