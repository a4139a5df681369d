"""The soft error as fast as PyTorch's operations give it, for `task=head`.

An activation that works element by element needs no sum over a row. So its soft error costs one pass
over the scores, if all its operations are done on a piece that fits into a cache, or in one compiled
loop. Without blur: the target is 1 at the label, and 0 or -1 elsewhere.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.losses.at_label import add_at_label

_BLOCK_BYTES = 2 * 1024**2
"""Of scores at once. Their error stays in the caches, and every core has enough to do."""

Elsewhere = Callable[[Tensor, Tensor], Tensor]
"""Writes the soft error that values have away from the label into a tensor, which may be theirs."""


def _tanh(values: Tensor, out: Tensor) -> Tensor:
    """`tanh(x) + 1 = 2 sigmoid(2x)`: PyTorch's sigmoid is several times as fast on a CPU as its tanh."""
    return torch.mul(values, 2, out=out).sigmoid_().mul_(2)


def _hardtanh(values: Tensor, out: Tensor) -> Tensor:
    """`hardtanh(x) + 1`."""
    return torch.add(values, 1, out=out).clamp_(0, 2)


def _sigmoid(values: Tensor, out: Tensor) -> Tensor:
    return torch.sigmoid(values, out=out)


def _hardsigmoid(values: Tensor, out: Tensor) -> Tensor:
    written: Tensor = torch.ops.aten.hardsigmoid.out(values, out=out)
    return written


ELSEWHERE: dict[str, Elsewhere] = {
    "sigmoid": _sigmoid,
    "hardsigmoid": _hardsigmoid,
    "tanh": _tanh,
    "hardtanh": _hardtanh,
}
"""By activation, element by element."""
_STEP = {"tanh": -2.0, "hardtanh": -2.0}
"""What the label adds to its soft error, if not -1."""


def in_place(activation: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The soft error over the scores, block by block."""
    elsewhere = ELSEWHERE[activation]

    def gradient(scores: Tensor, labels: Tensor) -> Tensor:
        for part in _blocks(scores):
            elsewhere(scores[part], scores[part])
        return _with_labels(activation, scores, labels)

    return gradient


def over_block(activation: str, scores: Tensor, labels: Tensor, first: int) -> Tensor:
    """The soft error over the scores (batch, k) of some classes, which begin with class `first`."""
    ELSEWHERE[activation](scores, scores)
    place = labels - first
    inside = (place >= 0) & (place < scores.shape[1])
    steps = torch.where(inside, _STEP.get(activation, -1.0), 0.0).to(scores.dtype)
    return add_at_label(scores, place.clamp(0, scores.shape[1] - 1), steps[:, None])


def in_blocks(activation: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The soft error in a new tensor, block by block."""
    elsewhere = ELSEWHERE[activation]

    def gradient(scores: Tensor, labels: Tensor) -> Tensor:
        error = torch.empty_like(scores)
        for part in _blocks(scores):
            elsewhere(scores[part], error[part])
        return _with_labels(activation, error, labels)

    return gradient


def compiled(activation: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The formula, compiled into one loop over the scores; of softmax, two more over each row."""
    return torch.compile(_FORMULAS[activation], fullgraph=True, dynamic=False)


# A function each, since the compiler counts how often it compiles one.
def _softmax_error(scores: Tensor, labels: Tensor) -> Tensor:
    return _less(torch.softmax(scores, dim=1), labels, 1.0)


def _sigmoid_error(scores: Tensor, labels: Tensor) -> Tensor:
    return _less(torch.sigmoid(scores), labels, 1.0)


def _hardsigmoid_error(scores: Tensor, labels: Tensor) -> Tensor:
    return _less(F.hardsigmoid(scores), labels, 1.0)


def _tanh_error(scores: Tensor, labels: Tensor) -> Tensor:
    return _less(2 * torch.sigmoid(2 * scores), labels, 2.0)


def _hardtanh_error(scores: Tensor, labels: Tensor) -> Tensor:
    return _less((scores + 1).clamp(0, 2), labels, 2.0)


_FORMULAS = {
    "softmax": _softmax_error,
    "sigmoid": _sigmoid_error,
    "hardsigmoid": _hardsigmoid_error,
    "tanh": _tanh_error,
    "hardtanh": _hardtanh_error,
}


def _less(elsewhere: Tensor, labels: Tensor, step: float) -> Tensor:
    """Values less a step at the label of each row, without an operation that scatters."""
    classes = torch.arange(elsewhere.shape[1], device=elsewhere.device)
    return elsewhere - torch.where(classes == labels[:, None], step, 0.0).to(elsewhere.dtype)


def _blocks(scores: Tensor) -> Iterator[slice]:
    """Slices of rows that fit into a cache; on a GPU, whose launches cost more, all rows at once."""
    rows = len(scores)
    if scores.device.type == "cpu":
        rows = max(1, _BLOCK_BYTES // (scores.shape[1] * scores.element_size()))
    for start in range(0, len(scores), rows):
        yield slice(start, start + rows)


def _with_labels(activation: str, error: Tensor, labels: Tensor) -> Tensor:
    return add_at_label(error, labels, error.new_full((1, 1), _STEP.get(activation, -1.0)))
