"""Tomasi 2019, notes on training convolutional neural networks: its formulas, and its slips."""

import numpy as np
from numpy.typing import NDArray

from isbe_bench.papers.slip import Slip

Array = NDArray[np.float64]


def region(points: Array) -> NDArray[np.int64]:
    """The decision region `P_c = {p_c >= p_j}` of points (n, K) of the simplex: c from 0 (Section 1)."""
    largest: NDArray[np.int64] = points.argmax(axis=1)
    return largest


def cross_entropy(label: int, score: Array) -> Array:
    """`-y log p - (1 - y) log(1 - p)` of a label of two and scores in (0, 1), in bits (Section 2.1)."""
    bits: Array = -np.log2(score if label else 1 - score)
    return bits


def entropy(probability: Array) -> Array:
    """H(q), in bits, of probabilities in [0, 1]; 0 at both ends (Appendix A.2)."""
    return _information(probability) + _information(1 - probability)


def _information(probability: Array) -> Array:
    """`-q log2 q`, whose limit at 0 is 0."""
    safe = np.where(probability > 0, probability, 1.0)
    return np.asarray(-safe * np.log2(safe))


def momentum(step: int, rise: int, largest: float) -> float:
    """The coefficient mu of a step, counted from 0 (Section 4; Sutskever et al. 2013, Formula 5).

    `min(1 - 2^(-1 - log2(floor(step / rise) + 1)), largest)`: 1/2 for `rise` steps, then 3/4, 5/6 and so
    on up to `largest`, which it is at once if `rise` is 0.
    """
    return min(1 - 1 / (2 * (step // rise + 1)), largest) if rise else largest


SLIPS = (
    Slip(
        "Algorithm 1 goes through the layers k = K, ..., 2.",
        "Equation (2) runs to k = 1: as printed, the first layer has no gradient (table oracle)",
    ),
    Slip(
        "This section proves convexity of the resulting risk function (Section 2.1).",
        "no proof is there; the risk of a network with a hidden layer is not convex in its weights",
    ),
    Slip("H(q) < 1 (Appendix A.2).", "the same sentence has H(1/2) = 1"),
    Slip(
        "H(y, p) is log p if y = 1, and log(1 - p) if y = 0 (Appendix A.4).",
        "both cases lack the minus sign of the formula before them",
    ),
)
"""Statements that the text's own formulas contradict."""
