"""What Skarbek 2024 asks of an activation (Section 3), and says of gradients (Section 5), checked."""

from typing import Literal

import torch
from torch import Tensor

from isbe_bench.losses.activations import Activation
from isbe_bench.theory import mathematics
from isbe_bench.theory.checks import TOLERANCE, Finding
from isbe_bench.theory.mathematics import Draws

_NORMS = (1.0, 2.0, 3.0, float("inf"))
"""The p of the norms that stability is checked in."""
_NEAR, _NEARER = 1e-3, 1e-6
"""Norms of scores around zero: a constant c holds for both, or for neither."""
_BOUNDED = 2.0
"""How much a ratio may grow from one to the other; one without a bound grows a thousand times."""
_FAR = 20.0
"""How far below the others the label's score is, where a gradient may be suppressed."""
_SUPPRESSED = 0.1
"""Of the soft error, which is 1 there."""


def is_monotonic(activation: Activation, draws: Draws) -> Finding:
    soft = activation(draws.scores.clone())
    largest = draws.scores.argmax(1, keepdim=True)
    short = float((soft.amax(1, keepdim=True) - soft.gather(1, largest)).max())
    shared = ((soft == soft.amax(1, keepdim=True)).sum(1) > 1).double().mean()
    note = f"with another class in {float(shared):.2f} of the draws"
    return Finding(
        "how far the largest score's soft score is below another", short, "<", TOLERANCE, note
    )


def is_limited(activation: Activation, draws: Draws) -> Finding:
    soft = activation(draws.scores.clone())
    largest, note = float(soft.abs().max()), f"least soft score {float(soft.min()):.2g}"
    return Finding("largest |soft score| found", largest, "<", 1 + TOLERANCE, note)


def is_small_near_zero(activation: Activation, draws: Draws) -> Finding:
    """As printed: |F(x)| <= c |x|. For other F(0) than 0 there is no such c."""
    growth = max(_growth(activation, draws, p) for p in _NORMS)
    differences = max(_growth(activation, draws, p, activation(_zeros(draws))) for p in _NORMS)
    quantity = f"growth of the largest |F(x)| / |x| from |x| = {_NEAR:g} to {_NEARER:g}"
    note = f"of |F(x) - F(0)| / |x| {differences:.2g}; in the 1-, 2-, 3- and largest norm"
    return Finding(quantity, growth, "<", _BOUNDED, note)


def is_stable(activation: Activation, draws: Draws) -> Finding:
    """What is meant: close scores stay close, |F(x) - F(-x)| <= c |2x| around zero."""
    growth = max(
        float(
            _stretch(activation, draws, p, _NEARER).max() / _stretch(activation, draws, p, _NEAR).max()
        )
        for p in _NORMS
    )
    quantity = f"growth of the largest |F(x) - F(-x)| / |2x| from |x| = {_NEAR:g} to {_NEARER:g}"
    return Finding(quantity, growth, "<", _BOUNDED, "in the 1-, 2-, 3- and largest norm")


def normalize_sends_to_distance_two(draws: Draws) -> Finding:
    deviations = []
    for p in _NORMS:
        near = _scaled(draws.scores, p, _NEARER)
        distance = _norm(_scaled(near, p) - _scaled(-near, p), p)
        deviations.append(float((distance - 2).abs().max()))
    note = f"|x| = {_NEARER:g}, each norm with its own projection; 1, 2, 3 and largest"
    return Finding("largest deviation of the distance from 2", max(deviations), "<", TOLERANCE, note)


def ce_of_sigmoid(scores: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of the sigmoids of scores, (…, K) -> (…)."""
    return mathematics.cross_entropy(1 / (1 + (-scores).exp()), targets)


def ce_of_hardsigmoid(scores: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of (x + 3) / 6, which HardSigmoid is within (-3, 3), (…, K) -> (…)."""
    return mathematics.cross_entropy((scores + 3) / 6, targets)


def does_not_explode(function: mathematics.Function, draws: Draws) -> Finding:
    return _largest(function, draws, "<")


def explodes(function: mathematics.Function, draws: Draws) -> Finding:
    return _largest(function, draws, ">")


def is_not_suppressed(function: mathematics.Function, draws: Draws) -> Finding:
    value = _at_a_far_label(function, draws)
    return Finding(_AT_LABEL, value, ">", _SUPPRESSED, "the soft error there is 1")


def is_suppressed(function: mathematics.Function, draws: Draws) -> Finding:
    value = _at_a_far_label(function, draws)
    return Finding(_AT_LABEL, value, "<", _SUPPRESSED, "the soft error there is 1")


_AT_LABEL = f"|gradient| at a label whose score is {_FAR:.0f} below zero, and all others zero"


def _largest(function: mathematics.Function, draws: Draws, relation: Literal["<", ">"]) -> Finding:
    """The largest entry of a gradient, at scores within (-3, 3), where no hard activation is clipped."""
    scores = 6 * (draws.small_scores - 0.1) / 0.8 - 3
    largest = float(mathematics.gradient(function, scores, draws.targets).abs().max())
    quantity, note = "largest |entry| of the gradient found", "scores within (-3, 3)"
    return Finding(quantity, largest, relation, 1.0, note)


def _at_a_far_label(function: mathematics.Function, draws: Draws) -> float:
    scores, targets = _zeros(draws)[:1], _zeros(draws)[:1]
    scores[0, 0], targets[0, 0] = -_FAR, 1.0
    return float(mathematics.gradient(function, scores, targets)[0, 0].abs())


def _zeros(draws: Draws) -> Tensor:
    return torch.zeros_like(draws.scores)


def _norm(rows: Tensor, p: float) -> Tensor:
    norms: Tensor = torch.linalg.vector_norm(rows, p, dim=1, keepdim=True)
    return norms


def _scaled(rows: Tensor, p: float, norm: float = 1.0) -> Tensor:
    """Rows with this norm."""
    return rows / _norm(rows, p) * norm


def _growth(activation: Activation, draws: Draws, p: float, origin: Tensor | float = 0.0) -> float:
    """The largest |F(x) - origin| / |x| nearer to zero, over that near zero."""
    ratios = []
    for size in (_NEARER, _NEAR):
        soft = activation(_scaled(draws.scores, p, size))
        ratios.append(float(_norm(soft - origin, p).max()) / size)
    return ratios[0] / ratios[1]


def _stretch(activation: Activation, draws: Draws, p: float, size: float) -> Tensor:
    """How many times farther apart F(x) and F(-x) are than x and -x."""
    near = _scaled(draws.scores, p, size)
    return _norm(activation(near.clone()) - activation(-near), p) / (2 * size)
