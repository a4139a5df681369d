"""A user's own loss, named by `_target_`."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from isbe_bench.errors import InputError
from isbe_bench.losses.mode import LossMode, LossValue
from isbe_bench.settings import targets
from isbe_bench.settings.own import OwnPart
from isbe_bench.settings.targets import describe_error

_GROUP = "loss"
_BATCH = 3
Loss = Callable[[Tensor, Tensor], Tensor]
"""(scores, labels) -> a scalar, or a value for each image, (batch,)."""


class CallableLoss(LossValue):
    """A loss function or module as a loss mode."""

    def __init__(self, function: Loss) -> None:
        self._function = function
        self._device: torch.device | None = None

    def forward(self, scores: Tensor, labels: Tensor) -> None:
        self._loss = self._value(scores, labels)

    @torch.no_grad()
    def per_image(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The function's values; if it reduces them, its value for each image as a batch of one."""
        values = self._value(scores, labels)
        if values.shape == labels.shape:
            return values

        def alone(image_scores: Tensor, label: Tensor) -> Tensor:
            return self._value(image_scores.unsqueeze(0), label.unsqueeze(0)).reshape(())

        try:
            vectorised: Tensor = torch.func.vmap(alone)(scores, labels)
        except RuntimeError:  # a function that branches on values, or draws random numbers
            return torch.stack([alone(*image) for image in zip(scores, labels, strict=True)])
        return vectorised

    def _value(self, scores: Tensor, labels: Tensor) -> Tensor:
        if isinstance(self._function, nn.Module) and self._device != scores.device:
            self._function.to(scores.device)  # once: its buffers may have been made elsewhere
            self._device = scores.device
        return self._function(scores, labels)


def make(loss: OwnPart, classes: int) -> LossMode:
    """Call the target with its parameters and, where its signature names it, `num_classes` or `classes`.

    The result is a `LossMode`, or a callable `(scores, labels) -> scalar or (batch,)`, such as a
    `torch.nn.Module`, which becomes one.

    Raises
    ------
    InputError
        A target or a parameter that does not fit, a target that fails, or a result that is no loss.
    """
    target = targets.resolve(_GROUP, loss)
    supplied = {"num_classes": classes, "classes": classes}
    values = targets.arguments(_GROUP, loss, target, supplied)
    try:
        result = target(**values)
    except Exception as error:
        raise InputError(f"{_key(loss)}: cannot be built ({describe_error(error)})") from error
    if isinstance(result, LossMode):
        return result
    if not callable(result):
        raise InputError(
            f"{_key(loss)}: returns {type(result).__name__}; allowed is a target that returns a loss, "
            "to be called with scores and labels"
        )
    if isinstance(result, nn.Module) and any(each.requires_grad for each in result.parameters()):
        raise InputError(
            f"{_key(loss)}: has weights of its own, which the optimizer would not train; allowed is a "
            "loss without"
        )
    return CallableLoss(result)


def check(loss: OwnPart, classes: int) -> None:
    """Try the loss on a tiny batch: a finite gradient, and a finite value for each image.

    Raises
    ------
    InputError
        As `make`, or a loss that fails on the batch or gives values of another shape.
    """
    with torch.random.fork_rng(devices=[]):
        mode = make(loss, classes)
        generator = torch.Generator().manual_seed(0)
        scores = torch.randn(_BATCH, classes, generator=generator, requires_grad=True)
        labels = torch.randint(classes, (_BATCH,), generator=generator)
        batch = f"{_BATCH} images of {classes} classes"
        try:
            mode.forward(scores, labels)
            mode.backward()
            values = mode.per_image(scores.detach(), labels)
        except Exception as error:
            raise InputError(f"{_key(loss)}: fails on {batch} ({describe_error(error)})") from error
    if scores.grad is None or not bool(scores.grad.isfinite().all()):
        problem = "missing" if scores.grad is None else "not finite"
        raise InputError(
            f"{_key(loss)}: its gradient for {batch} is {problem}; allowed is a finite gradient"
        )
    if values.shape != labels.shape or not bool(values.isfinite().all()):
        raise InputError(
            f"{_key(loss)}: its values for {batch} are {values.tolist()}; allowed is a finite value for "
            "each image"
        )


def _key(loss: OwnPart) -> str:
    return f"{_GROUP}._target_={loss.target}"
