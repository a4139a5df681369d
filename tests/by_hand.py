"""Soft scores by formulas written out in float64, to hold the library's against."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


BY_HAND: dict[tuple[str, str], Callable[[Array], Array]] = {
    ("softmax", "pytorch"): softmax,
    ("sigmoid", "pytorch"): lambda x: 1 / (1 + np.exp(-x)),
    ("hardsigmoid", "pytorch"): lambda x: np.clip((x + 3) / 6, 0, 1),
    ("hardsigmoid", "section_4"): lambda x: np.clip((x + 2) / 4, 0, 1),
    ("tanh", "pytorch"): np.tanh,
    ("hardtanh", "pytorch"): lambda x: np.clip(x, -1, 1),
    ("normalize", "pytorch"): lambda x: x / np.sqrt((x**2).sum(axis=1, keepdims=True)),
    ("dilated_softmax", "pytorch"): lambda x: softmax(2 * x),
}
"""(batch, K) -> (batch, K), by activation and kind of hard sigmoid."""
