"""The mathematics of Theorem 1 and Theorem A1: functions, derivatives by autodiff, and closed forms.

All tensors are float64 of shape (samples, K), one row a draw. In the paper's notation `targets` is y°,
`soft` is y, `scores` is x, `dilations` is d and `relocations` is c. The functions use exp, log, sums and
quotients alone, because PyTorch's softmax has a derivative of its own, which is what is checked here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, func

Function = Callable[..., Tensor]
"""A function of each row and its parameters: (…, K) -> (…, K), or (…) where the docstring says so."""


@dataclass(frozen=True)
class Draws:
    """Random arguments, (samples, K) each.

    Attributes
    ----------
    scores
        Normal with standard deviation 3, so that softmax rounds to neither 0 nor 1.
    targets
        Distributions: one-hot in the first half, uniform over the simplex in the second.
    dilations
        Of either sign, 1/2 <= |d| < 2.
    relocations
        Standard normal.
    small_scores
        Uniform in [0.1, 0.9], where every activation of the paper has values in (0, 1), as
        cross-entropy requires, and no hard activation is clipped.
    """

    scores: Tensor
    targets: Tensor
    dilations: Tensor
    relocations: Tensor
    small_scores: Tensor


def draw(classes: int, samples: int, generator: torch.Generator, device: torch.device) -> Draws:
    """Random arguments, drawn on the CPU so that every device gets the same."""
    shape = samples, classes

    def normal() -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def uniform() -> Tensor:
        return torch.rand(shape, generator=generator, dtype=torch.float64)

    scores, relocations = 3 * normal(), normal()
    dilations = (0.5 + 1.5 * uniform()) * normal().sign()
    exponential = -(1 - uniform()).log()  # uniform over the simplex once normalised
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
    """The gradient of a function with one value a row: (samples, K)."""
    result: Tensor = func.grad(lambda rows: function(rows, *parameters).sum())(at)
    return result


def partials(function: Function, at: Tensor, *parameters: Tensor) -> Tensor:
    """The gradient, one partial derivative at a time: only one entry of each row varies."""

    def along(steps: Tensor, axis: Tensor) -> Tensor:
        return function(at + steps.unsqueeze(1) * axis, *parameters).sum()

    axes = torch.eye(at.shape[1], dtype=at.dtype, device=at.device)
    derivatives = func.vmap(func.grad(along), in_dims=(None, 0), out_dims=1)
    result: Tensor = derivatives(at.new_zeros(len(at)), axes)
    return result


def jacobian(function: Function, at: Tensor, *parameters: Tensor) -> Tensor:
    """The Jacobian of a function with K values a row: [s, j, i] is ∂y_j / ∂x_i in row s."""
    result: Tensor = func.vmap(func.jacrev(function))(at, *parameters)
    return result


def back_propagated(function: Function, cotangents: Tensor, at: Tensor, *parameters: Tensor) -> Tensor:
    """The product of the transposed Jacobian with a cotangent, for each row: (samples, K)."""
    pull_back = func.vjp(lambda rows: function(rows, *parameters), at)[1]
    result: Tensor = pull_back(cotangents)[0]
    return result


def softmax_jacobian(soft: Tensor) -> Tensor:
    """Diag(y) - y yᵀ (Theorem 1, 4a)."""
    return torch.diag_embed(soft) - soft.unsqueeze(2) * soft.unsqueeze(1)


def dilated_jacobian(soft: Tensor, dilations: Tensor) -> Tensor:
    """Diag(d ⊙ y) - y (d ⊙ y)ᵀ (Formula A2)."""
    dilated = dilations * soft
    return torch.diag_embed(dilated) - soft.unsqueeze(2) * dilated.unsqueeze(1)


def soft_error(soft: Tensor, targets: Tensor) -> Tensor:
    """Y - y°, the right side of the SoftMax trick (Theorem 1, 4c)."""
    return soft - targets


def deviation(computed: Tensor, expected: Tensor) -> float:
    """The largest difference between entries, divided by the expected entry where that is above 1."""
    return float(((computed - expected).abs() / expected.abs().clamp(min=1)).max())


def trick_gaps(function: Function, scores: Tensor, targets: Tensor) -> tuple[float, float]:
    """The distance of a function from the dilated SoftMax trick (Formula A3).

    The gap of a dilation d is the norm of Jᵀ(-y° ÷ y) - d ⊙ (y - y°) divided by the norm of
    Jᵀ(-y° ÷ y), both over all rows. No y may be 0.

    Returns
    -------
    tuple
        The least gap over all d, in [0, 1], and the gap for d = 1.
    """
    soft = function(scores)
    left = back_propagated(function, -targets / soft, scores)
    error = soft_error(soft, targets)
    best = (left * error).sum(0) / error.square().sum(0)  # least squares, class by class
    size = left.norm()
    return float((left - best * error).norm() / size), float((left - error).norm() / size)
