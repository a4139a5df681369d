"""The activations that make soft scores of raw ones, (batch, K) -> (batch, K), each a new tensor."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

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


class Dilation:
    """`d ⊙ x` for rows x of K values, with one factor for all classes or one for each."""

    def __init__(self, factors: float | tuple[float, ...]) -> None:
        self._factors = torch.tensor(factors, dtype=torch.float64)

    def __call__(self, rows: Tensor) -> Tensor:
        # Kept on the device of the rows: a copy to it in every step could not become a CUDA graph.
        self._factors = self._factors.to(rows)
        return self._factors * rows
