"""A user's own loss, named by `_target_`."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from isbe_bench.errors import InputError
from isbe_bench.losses.mode import LossMode, LossValue
from isbe_bench.networks import features
from isbe_bench.parts import targets
from isbe_bench.settings.own import OwnPart

_GROUP = "loss"
_FEATURE_COUNTS = ("num_features", "feat_dim")
Loss = Callable[..., Tensor]
"""(scores, labels) -> a scalar, or a value for each image, (batch,); may have a parameter `features`."""


class CallableLoss(LossValue):
    """A loss function or module as a loss mode; a single number is taken for a mean over the batch."""

    def __init__(self, function: Loss) -> None:
        self._function = function
        self.module = function if isinstance(function, nn.Module) else None
        signature = inspect.signature(self.module.forward if self.module else function)
        self.wants_features = "features" in signature.parameters

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the value of the last `forward`."""
        assert self._loss is not None, "shape without forward()"
        return tuple(self._loss.shape)

    def forward(self, scores: Tensor, labels: Tensor, *features: Tensor) -> None:
        self._loss = self._value(scores, labels, *features)
        self.averages = self._loss.ndim == 0

    @torch.no_grad()
    def per_image(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        """The function's values; if it reduces them, its value for each image as a batch of one."""
        if self.module is None:
            return self._values(scores, labels, *features)
        self.module.eval()
        values = self._values(scores, labels, *features)
        self.module.train()
        return values

    def _values(self, *batch: Tensor) -> Tensor:
        values = self._value(*batch)
        if values.shape == batch[1].shape:
            return values

        def alone(*image: Tensor) -> Tensor:
            return self._value(*(each.unsqueeze(0) for each in image)).reshape(())

        try:
            vectorised: Tensor = torch.func.vmap(alone)(*batch)
        except RuntimeError:  # a function that branches on values, or draws random numbers
            return torch.stack([alone(*image) for image in zip(*batch, strict=True)])
        return vectorised

    def _value(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        if self.wants_features:
            return self._function(scores, labels, features=features[0])
        return self._function(scores, labels)


def make(loss: OwnPart, classes: int, network: nn.Module | None = None) -> LossMode:
    """Call the target with its parameters and, where its signature names them, these:

    `num_classes` or `classes`; `num_features` or `feat_dim`, the number of features that the classifier
    of `network` takes. The result is a `LossMode`, or a callable `(scores, labels) -> scalar or
    (batch,)`, such as a `torch.nn.Module`, which becomes one.

    Raises
    ------
    InputError
        A target or a parameter that does not fit, a target that fails, or a result that is no loss.
    """
    supplied: dict[str, Any] = {"num_classes": classes, "classes": classes}
    if network is not None and targets.names(_GROUP, loss).intersection(_FEATURE_COUNTS):
        size = features.feature_width(network, classes)
        supplied |= dict.fromkeys(_FEATURE_COUNTS, size)
    target = targets.prepare(_GROUP, loss, supplied)
    result = target.create()
    if isinstance(result, LossMode):
        return result
    if not callable(result):
        raise InputError(
            f"{target.key}: returns {type(result).__name__}; allowed is a target that returns a loss, "
            "to be called with scores and labels"
        )
    return CallableLoss(result)
