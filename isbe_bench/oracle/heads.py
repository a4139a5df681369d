"""Where back-propagation starts: cross-entropy, and the soft errors of ISBE, written out by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from isbe_bench.oracle.layers import Array, Layer, SoftMax


@dataclass(frozen=True)
class Head:
    """What follows the scores.

    Attributes
    ----------
    start
        From what the last layer yields and the targets, (N, K) both, to `g`, (N, K): the derivative of
        each image's loss, or its soft error.
    last
        Makes the layer behind the scores, if there is one.
    symmetric
        Whether the targets are mapped to `2y - 1`.
    averages
        Whether a batch has the mean of its images' gradients, and not their sum.
    blurred
        Whether the targets are blurred, as in Skarbek 2024, Appendix B.
    """

    start: Callable[[Array, Array], Array]
    last: Callable[[], Layer] | None = None
    symmetric: bool = field(default=False, kw_only=True)
    averages: bool = field(default=False, kw_only=True)
    blurred: bool = field(default=True, kw_only=True)

    def targets(self, labels: NDArray[np.int64], classes: int, blur: float) -> Array:
        """The targets of labels (N,): (N, K)."""
        rows = np.eye(classes)[labels]
        if self.blurred:
            rows = rows * (1 - classes * blur) + blur
        return 2 * rows - 1 if self.symmetric else rows


def _cross_entropy(soft: Array, targets: Array) -> Array:
    """The derivative of `-sum q log p` by p."""
    return -targets / soft


def _soft_error(activation: Callable[[Array], Array]) -> Callable[[Array, Array], Array]:
    return lambda scores, targets: activation(scores) - targets


def _soft(scores: Array) -> Array:
    return SoftMax().forward(scores)


def _normal(scores: Array) -> Array:
    """Each row divided by its norm; a row of zeros stays."""
    norms: Array = np.sqrt((scores * scores).sum(axis=1, keepdims=True))
    normal: Array = scores / np.maximum(norms, 1e-12)
    return normal


DILATION = 2.0
"""d of `isbe_dilated_softmax`, as in its file of settings."""


HEADS = {
    "ce_mean": Head(_cross_entropy, SoftMax, averages=True, blurred=False),
    "ce_none": Head(_cross_entropy, SoftMax, blurred=False),
    "ce_sum": Head(_cross_entropy, SoftMax, blurred=False),
    "isbe_hardsigmoid": Head(_soft_error(lambda x: np.clip((x + 3) / 6, 0, 1))),
    "isbe_hardtanh": Head(_soft_error(lambda x: np.clip(x, -1, 1)), symmetric=True),
    "isbe_sigmoid": Head(_soft_error(lambda x: 1 / (1 + np.exp(-x)))),
    "isbe_softmax": Head(_soft_error(_soft)),
    "isbe_tanh": Head(_soft_error(lambda x: 1 - 2 / (np.exp(2 * x) + 1)), symmetric=True),
    "isbe_normalize": Head(_soft_error(_normal), symmetric=True),
    "isbe_dilated_softmax": Head(lambda x, targets: DILATION * (_soft(DILATION * x) - targets)),
}
"""By the name of the loss mode."""
