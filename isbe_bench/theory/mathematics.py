"""The mathematics of Theorem 1 and Theorem A1: functions, their derivatives, and closed forms of these.

Everything is float64, of shape (samples, K), a row a draw. `targets` are the paper's y°, `soft` its y,
`scores` its x, `dilations` its d and `relocations` its c. The functions are built from exp, log, sums
and quotients alone: PyTorch's own softmax brings its derivative along, which is what is to be found.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, func

Function = Callable[..., Tensor]
"""Row by row: (…, K), and parameters of that shape, to (…, K) or, where it is said, to (…)."""


@dataclass(frozen=True)
class Draws:
    """Random arguments, (samples, K) each.

    Attributes
    ----------
    scores
        Normal, of standard deviation 3: softmax then rounds to neither 0 nor 1.
    targets
        Distributions: one-hot in the first half, uniform over the simplex in the second.
    dilations, relocations
        d of either sign with 1/2 <= |d| < 2, and c, standard normal.
    small_scores
        Uniform in [0.1, 0.9], where every activation of the paper has values in (0, 1), as
        cross-entropy asks for, and no hard one is clipped.
    """

    scores: Tensor
    targets: Tensor
    dilations: Tensor
    relocations: Tensor
    small_scores: Tensor


def draw(classes: int, samples: int, generator: torch.Generator, device: torch.device) -> Draws:
    """Draw on the CPU, so that every device sees the same."""
    shape = samples, classes

    def normal() -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def uniform() -> Tensor:
        return torch.rand(shape, generator=generator, dtype=torch.float64)

    scores, relocations = 3 * normal(), normal()
    dilations = (0.5 + 1.5 * uniform()) * normal().sign()
    exponential = -(1 - uniform()).log()  # normalised, they are uniform over the simplex
    targets = exponential / exponential.sum(1, keepdim=True)
    hot = samples // 2
    labels = torch.randint(classes, (hot, 1), generator=generator)
    targets[:hot] = torch.zeros(hot, classes, dtype=torch.float64).scatter_(1, labels, 1)
    small_scores = 0.1 + 0.8 * uniform()
    return Draws(*(each.to(device) for each in (scores, targets, dilations, relocations, small_scores)))


def softmax(scores: Tensor) -> Tensor:
    """e^x_i / sum_k e^x_k."""
    powers = scores.exp()
    return powers / powers.sum(-1, keepdim=True)


def dilated_softmax(scores: Tensor, dilations: Tensor, relocations: Tensor) -> Tensor:
    """SoftMax(d ⊙ x - c) (Formula A1)."""
    return softmax(dilations * scores - relocations)


def quiet_softmax(scores: Tensor) -> Tensor:
    """e^x_i / (1 + sum_k e^x_k): the first K of K + 1 classes, the last of which has the score 0."""
    powers = scores.exp()
    return powers / (1 + powers.sum(-1, keepdim=True))


def cross_entropy(soft: Tensor, targets: Tensor) -> Tensor:
    """CE(y°, y), (…, K) -> (…) (Formula 2)."""
    return -(targets * soft.log()).sum(-1)


def soft_cross_entropy(scores: Tensor, targets: Tensor) -> Tensor:
    """SoftCE(y°, x), (…, K) -> (…) (Theorem 1, 4)."""
    return cross_entropy(softmax(scores), targets)


def gradient(function: Function, at: Tensor, *parameters: Tensor) -> Tensor:
    """Of a function with one value a row: (samples, K)."""
    found: Tensor = func.grad(lambda rows: function(rows, *parameters).sum())(at)
    return found


def partials(function: Function, at: Tensor, *parameters: Tensor) -> Tensor:
    """The same, one partial derivative at a time: only one entry of each row varies."""

    def along(steps: Tensor, axis: Tensor) -> Tensor:
        return function(at + steps.unsqueeze(1) * axis, *parameters).sum()

    axes = torch.eye(at.shape[1], dtype=at.dtype, device=at.device)
    derivatives = func.vmap(func.grad(along), in_dims=(None, 0), out_dims=1)
    found: Tensor = derivatives(at.new_zeros(len(at)), axes)
    return found


def jacobian(function: Function, at: Tensor, *parameters: Tensor) -> Tensor:
    """Of a function with K values a row: [s, j, i] is ∂y_j / ∂x_i in row s."""
    found: Tensor = func.vmap(func.jacrev(function))(at, *parameters)
    return found


def back_propagated(function: Function, cotangents: Tensor, at: Tensor, *parameters: Tensor) -> Tensor:
    """The product of the transposed Jacobian with a cotangent, for each row: (samples, K)."""
    pull_back = func.vjp(lambda rows: function(rows, *parameters), at)[1]
    found: Tensor = pull_back(cotangents)[0]
    return found


def softmax_jacobian(soft: Tensor) -> Tensor:
    """Diag(y) - y yᵀ (Theorem 1, 4a)."""
    return torch.diag_embed(soft) - soft.unsqueeze(2) * soft.unsqueeze(1)


def dilated_jacobian(soft: Tensor, dilations: Tensor) -> Tensor:
    """Diag(d ⊙ y) - y (d ⊙ y)ᵀ (Formula A2)."""
    dilated = dilations * soft
    return torch.diag_embed(dilated) - soft.unsqueeze(2) * dilated.unsqueeze(1)


def soft_error(soft: Tensor, targets: Tensor) -> Tensor:
    """The right side of the SoftMax trick: y - y° (Theorem 1, 4c)."""
    return soft - targets


def deviation(found: Tensor, expected: Tensor) -> float:
    """The largest difference of two entries, relative to the expected one where that is above 1."""
    return float(((found - expected).abs() / expected.abs().clamp(min=1)).max())


def trick_gaps(function: Function, scores: Tensor, targets: Tensor) -> tuple[float, float]:
    """How far a function is from the dilated SoftMax trick (Formula A3).

    The gap of a dilation d is the norm of Jᵀ(-y° ÷ y) - d ⊙ (y - y°) over all rows, over the norm of
    Jᵀ(-y° ÷ y). No value y may be 0.

    Returns
    -------
    tuple
        The least gap over all d, in [0, 1], and that of d = 1.
    """
    soft = function(scores)
    left = back_propagated(function, -targets / soft, scores)
    error = soft_error(soft, targets)
    best = (left * error).sum(0) / error.square().sum(0)  # least squares, class by class
    size = left.norm()
    return float((left - best * error).norm() / size), float((left - error).norm() / size)
