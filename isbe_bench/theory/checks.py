"""The check of each statement: from random draws to a number and the bound that it should keep.

The texts of a `Finding` are written to `theory.csv`.
"""

import operator
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.losses.cross_entropy import CrossEntropy, SeparatedCrossEntropy
from isbe_bench.losses.mode import LossMode
from isbe_bench.theory import mathematics
from isbe_bench.theory.mathematics import (
    Draws,
    Function,
    cross_entropy,
    deviation,
    soft_cross_entropy,
    softmax,
)

TOLERANCE = 1e-10
"""The largest deviation that counts as equal. Rounding causes about 1e-15 times the number of summands,
a wrong sign or factor 0.01 or more."""
GAP = 0.1
"""The gap above which a function does not have the trick; rounding causes gaps of about 1e-15."""

_DEVIATION = "largest deviation of the formula from autodiff"
_LEAST_GAP = "least relative gap over all dilations"
_COMPARISONS = {"<": operator.lt, ">": operator.gt}


@dataclass(frozen=True)
class Finding:
    """The claim that the `value` of `quantity` is below or above `bound`; `note` adds to it."""

    quantity: str
    value: float
    relation: Literal["<", ">"]
    bound: float
    note: str

    @property
    def holds(self) -> bool:
        """Whether the claim is true for the draws."""
        return bool(_COMPARISONS[self.relation](self.value, self.bound))


def _equal(computed: Tensor, printed: Tensor, note: str) -> Finding:
    return Finding(_DEVIATION, deviation(computed, printed), "<", TOLERANCE, note)


def ce_partial(draws: Draws) -> Finding:
    soft = softmax(draws.scores)
    computed = mathematics.partials(cross_entropy, soft, draws.targets)
    ratio = draws.targets / soft
    return _equal(computed, ratio, f"lacks a minus sign; with it {deviation(computed, -ratio):.1e}")


def ce_gradient(draws: Draws) -> Finding:
    soft = softmax(draws.scores)
    computed = mathematics.gradient(cross_entropy, soft, draws.targets)
    ratio = draws.targets / soft
    return _equal(computed, ratio, f"lacks a minus sign; with it {deviation(computed, -ratio):.1e}")


def formula_3(draws: Draws) -> Finding:
    soft = softmax(draws.scores)
    computed = mathematics.gradient(cross_entropy, soft, draws.targets)
    return _equal(computed, -draws.targets / soft, "the gradient as a whole")


def ce_is_positive(draws: Draws) -> Finding:
    least = float(cross_entropy(softmax(draws.scores), draws.targets).min())
    return Finding("least value found", least, ">", 0.0, "random targets, one-hot ones among them")


def ce_takes_every_value(draws: Draws) -> Finding:
    """A y with e^-v at the label of a one-hot y° has the cross-entropy v."""
    samples, classes = draws.scores.shape
    expected = torch.logspace(-6, 2.8, samples, dtype=torch.float64, device=draws.scores.device)
    at_label = (-expected).exp().unsqueeze(1)
    elsewhere = ((1 - at_label) / (classes - 1)).expand(-1, classes - 1)
    target = F.one_hot(torch.zeros_like(expected, dtype=torch.int64), classes)
    computed = cross_entropy(torch.cat([at_label, elsewhere], 1), target)
    quantity = "largest deviation of a value from the one that it is to take"
    note = f"values from 1e-6 to {expected[-1]:.0f}"
    return Finding(quantity, deviation(computed, expected), "<", TOLERANCE, note)


def softce_definition(draws: Draws) -> Finding:
    computed = F.cross_entropy(draws.scores, draws.targets, reduction="none")
    printed = soft_cross_entropy(draws.scores, draws.targets)
    quantity = "largest deviation of the formula from PyTorch's cross_entropy"
    return Finding(
        quantity, deviation(computed, printed), "<", TOLERANCE, "the values, not a derivative"
    )


def softce_gradient_is_bounded(draws: Draws) -> Finding:
    largest = float(mathematics.gradient(soft_cross_entropy, draws.scores, draws.targets).abs().max())
    ce_largest = float(
        mathematics.gradient(cross_entropy, softmax(draws.scores), draws.targets).abs().max()
    )
    return Finding("largest |entry| found", largest, "<", 1.0, f"of the gradient of CE {ce_largest:.1e}")


def softce_range(draws: Draws) -> Finding:
    largest = float(soft_cross_entropy(draws.scores, draws.targets).max())
    note = "true of each entry of its gradient (theorem1.4); SoftCE itself has the range of CE"
    return Finding("largest value found", largest, "<", 1.0, note)


def softmax_jacobian(draws: Draws) -> Finding:
    printed = mathematics.softmax_jacobian(softmax(draws.scores))
    return _equal(mathematics.jacobian(softmax, draws.scores), printed, "all entries of all Jacobians")


def softce_partial(draws: Draws) -> Finding:
    computed = mathematics.partials(soft_cross_entropy, draws.scores, draws.targets)
    printed = mathematics.soft_error(softmax(draws.scores), draws.targets)
    return _equal(computed, printed, "one partial derivative at a time")


def softce_gradient(draws: Draws) -> Finding:
    computed = mathematics.gradient(soft_cross_entropy, draws.scores, draws.targets)
    printed = mathematics.soft_error(softmax(draws.scores), draws.targets)
    return _equal(computed, printed, "the gradient as a whole")


def formula_5(draws: Draws) -> Finding:
    soft, targets = softmax(draws.scores), draws.targets
    left = mathematics.jacobian(softmax, draws.scores) @ (-targets / soft).unsqueeze(2)
    unit = soft / soft
    middle = soft * (unit * targets).sum(1, keepdim=True) - unit * targets
    end = deviation(middle, mathematics.soft_error(soft, targets))
    return _equal(left.squeeze(2), middle, f"and of the formula's last two members {end:.1e}")


def _dilated(draws: Draws) -> tuple[Tensor, Tensor]:
    """SoftMax(d ⊙ x - c) and its Jacobian; each row has its own d and c."""
    arguments = draws.scores, draws.dilations, draws.relocations
    return mathematics.dilated_softmax(*arguments), mathematics.jacobian(
        mathematics.dilated_softmax, *arguments
    )


def dilated_jacobian(draws: Draws) -> Finding:
    soft, computed = _dilated(draws)
    return _equal(computed, mathematics.dilated_jacobian(soft, draws.dilations), "for d of either sign")


def factored_jacobian(draws: Draws) -> Finding:
    soft, computed = _dilated(draws)
    printed = mathematics.softmax_jacobian(soft) @ torch.diag_embed(draws.dilations)
    return _equal(computed, printed, "for d of either sign")


def dilated_trick(draws: Draws) -> Finding:
    arguments = draws.scores, draws.dilations, draws.relocations
    soft = mathematics.dilated_softmax(*arguments)

    def sides(targets: Tensor) -> tuple[Tensor, Tensor]:
        left = mathematics.back_propagated(mathematics.dilated_softmax, -targets / soft, *arguments)
        return left, draws.dilations * mathematics.soft_error(soft, targets)

    half = deviation(*sides(draws.targets / 2))
    return _equal(*sides(draws.targets), f"for y° of sum 1, as in the proof; of sum 1/2 {half:.1e}")


def jacobian_in_the_proof(draws: Draws) -> Finding:
    soft, computed = _dilated(draws)
    unit = torch.eye(soft.shape[1], dtype=soft.dtype, device=soft.device)
    printed = (unit - soft.unsqueeze(2)) * draws.dilations.unsqueeze(1)
    corrected = deviation(computed, printed * soft.unsqueeze(1))
    return _equal(computed, printed, f"lacks the factor y_j; with it {corrected:.1e}")


def equivalence(draws: Draws) -> Finding:
    """A counterexample with (A2) and (A3) for d = 1, whose values do not sum to 1 as SoftMax's do."""
    soft = mathematics.quiet_softmax(draws.scores)
    computed = mathematics.jacobian(mathematics.quiet_softmax, draws.scores)
    jacobian = deviation(computed, mathematics.softmax_jacobian(soft))
    left = mathematics.back_propagated(mathematics.quiet_softmax, -draws.targets / soft, draws.scores)
    trick = deviation(left, mathematics.soft_error(soft, draws.targets))
    return Finding(
        "largest |1 - sum of y|",
        float((1 - soft.sum(1)).abs().max()),
        "<",
        TOLERANCE,
        f"exp(x_i) / (1 + sum_k exp(x_k)) has (A2) to {jacobian:.1e} and (A3) to {trick:.1e} and is no "
        "SoftMax; the proof takes it that F has the sum 1",
    )


def has_trick(function: Function, draws: Draws) -> Finding:
    least, plain = mathematics.trick_gaps(function, draws.small_scores, draws.targets)
    return Finding(_LEAST_GAP, least, "<", TOLERANCE, f"with d = 1 {plain:.2g}; scores in [0.1, 0.9]")


def has_no_trick(function: Function, draws: Draws) -> Finding:
    least, plain = mathematics.trick_gaps(function, draws.small_scores, draws.targets)
    return Finding(_LEAST_GAP, least, ">", GAP, f"with d = 1 {plain:.2g}; scores in [0.1, 0.9]")


_FARTHEST = 200.0
"""How far the label's score lies below the others, at most."""


def _separated(draws: Draws, mode: LossMode) -> tuple[Tensor, Tensor, Tensor]:
    """Distances of the label's score from the others, and in float32 the losses and gradients there."""
    distances = torch.arange(_FARTHEST + 1)
    scores = torch.zeros(len(distances), draws.scores.shape[1])
    scores[:, 0] = -distances
    labels = torch.zeros(len(distances), dtype=torch.int64)
    leaf = scores.requires_grad_()
    mode.forward(leaf, labels)
    mode.backward()
    assert leaf.grad is not None
    return distances, mode.per_image(scores.detach(), labels), leaf.grad


def separated_forward(draws: Draws) -> Finding:
    distances, losses, _ = _separated(draws, SeparatedCrossEntropy())
    _, together, _ = _separated(draws, CrossEntropy("mean"))
    infinite = losses.isinf()
    note = (
        f"in float32, from a distance of {float(distances[infinite].min()):.0f} on; in one step "
        f"{float(together.isinf().float().mean()):.2f}"
    )
    quantity = f"share of infinite losses, of scores up to {_FARTHEST:.0f} below the largest"
    return Finding(quantity, float(infinite.float().mean()), ">", 0.0, note)


def separated_backward(draws: Draws) -> Finding:
    _, _, gradients = _separated(draws, SeparatedCrossEntropy())
    _, _, together = _separated(draws, CrossEntropy("mean"))
    lost = gradients.isnan().any(1)
    note = f"in float32; in one step {float(together.isnan().any(1).float().mean()):.2f}"
    quantity = f"share of NaN gradients, of scores up to {_FARTHEST:.0f} below the largest"
    return Finding(quantity, float(lost.float().mean()), ">", 0.0, note)


def scaled_weights(draws: Draws) -> Finding:
    """The largest score stays the largest, and its probability grows."""
    label = draws.scores.argmax(1, keepdim=True)
    doubled = 2 * draws.scores
    moved = float((doubled.argmax(1, keepdim=True) != label).double().mean())
    gain = softmax(doubled).gather(1, label) - softmax(draws.scores).gather(1, label)
    note = f"predictions that change: {moved:.2f}"
    return Finding(
        "smallest gain of the predicted class's probability", float(gain.min()), ">", 0.0, note
    )


def has_one_dilation(draws: Draws) -> Finding:
    """All rows have the same d and c, so that least squares recovers d."""
    d, c = draws.dilations[0], draws.relocations[0]
    return has_trick(lambda scores: mathematics.dilated_softmax(scores, d, c), draws)
