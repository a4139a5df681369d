"""The activations that make soft scores of raw ones, (batch, K) -> (batch, K), each a new tensor."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from isbe_bench.errors import InputError
from isbe_bench.parts import targets
from isbe_bench.settings.own import Own

Activation = Callable[[Tensor], Tensor]


def softmax(scores: Tensor) -> Tensor:
    """SoftMax over the classes."""
    return torch.softmax(scores, dim=1)


def hardsigmoid_section_4(scores: Tensor) -> Tensor:
    """The hard sigmoid that Section 4.1 prints: clip((x + 2) / 4, 0, 1)."""
    return (scores * 0.25).add_(0.5).clamp_(0.0, 1.0)


def normalize(scores: Tensor) -> Tensor:
    """Each row divided by its norm; a row of zeros stays."""
    return F.normalize(scores, p=2.0, dim=1)


ACTIVATIONS: dict[str, Activation] = {
    "softmax": softmax,
    "sigmoid": torch.sigmoid,
    "hardsigmoid": F.hardsigmoid,
    "tanh": torch.tanh,
    "hardtanh": F.hardtanh,
    "normalize": normalize,
}
"""By the name of their loss mode, without `isbe_`."""


def own_activation(own: Own) -> Activation:
    """The user's own activation; InputError if it cannot be created."""
    target = targets.prepare("loss.activation", own, {})
    function = target.create()
    if not callable(function):
        raise InputError(
            f"{target.key}: returns {type(function).__name__}; allowed is a target that returns an "
            "activation, to be called with scores"
        )
    if isinstance(function, nn.Module) and list(function.parameters()):
        raise InputError(
            f"{target.key}: has weights, which a soft error gives no gradient; allowed is an activation "
            "without"
        )

    def activation(scores: Tensor) -> Tensor:
        soft: Tensor = function(scores)
        # The error is formed in place of the soft scores: never in place of the raw ones.
        return soft.clone() if soft.data_ptr() == scores.data_ptr() else soft

    return activation


class Dilation:
    """`d ⊙ x` for rows x of K values, with one factor for all classes or one for each."""

    def __init__(self, factors: float | tuple[float, ...]) -> None:
        self._factors = torch.tensor(factors, dtype=torch.float64)

    def __call__(self, rows: Tensor) -> Tensor:
        # Kept on the device of the rows: a copy to it in every step could not become a CUDA graph.
        self._factors = self._factors.to(rows)
        return self._factors * rows
