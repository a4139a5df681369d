"""What Theorem 1 and Theorem A1 say, as printed, each with the check of it.

A check compares a number with a bound, such that the comparison holds if the statement does.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.losses import activations
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
"""Of what should be equal. Rounding comes to some 1e-15 times the number of summands; a wrong sign or
factor to 0.01 and more."""
GAP = 0.1
"""What lies above it is no rounding of a gap of 0; the functions that are to have none have 1e-15."""

_DEVIATION = "largest deviation of the formula from autodiff"
_LEAST_GAP = "least relative gap over all dilations"
_COMPARISONS = {"<": operator.lt, ">": operator.gt}


@dataclass(frozen=True)
class Finding:
    """What a statement claims, `value relation bound` of `quantity`; `note` says what else was seen."""

    quantity: str
    value: float
    relation: Literal["<", ">"]
    bound: float
    note: str

    @property
    def holds(self) -> bool:
        """Whether the claim is true of the draws."""
        return bool(_COMPARISONS[self.relation](self.value, self.bound))


@dataclass(frozen=True)
class Statement:
    """A statement of the paper.

    Attributes
    ----------
    name
        Where it stands, such as `theorem1.4c`.
    subject
        The function that it speaks of.
    printed
        The statement as the paper prints it, in plain text; in brackets what only follows from it.
    check
        Draws -> what they say of it.
    """

    name: str
    subject: str
    printed: str
    check: Callable[[Draws], Finding]


def _equal(found: Tensor, printed: Tensor, note: str) -> Finding:
    return Finding(_DEVIATION, deviation(found, printed), "<", TOLERANCE, note)


def _partial_of_ce(draws: Draws) -> Finding:
    soft = softmax(draws.scores)
    found = mathematics.partials(cross_entropy, soft, draws.targets)
    ratio = draws.targets / soft
    return _equal(found, ratio, f"lacks a minus sign; with it {deviation(found, -ratio):.1e}")


def _gradient_of_ce(draws: Draws) -> Finding:
    soft = softmax(draws.scores)
    found = mathematics.gradient(cross_entropy, soft, draws.targets)
    ratio = draws.targets / soft
    return _equal(found, ratio, f"lacks a minus sign; with it {deviation(found, -ratio):.1e}")


def _formula_3(draws: Draws) -> Finding:
    soft = softmax(draws.scores)
    found = mathematics.gradient(cross_entropy, soft, draws.targets)
    return _equal(found, -draws.targets / soft, "the gradient as a whole")


def _ce_is_positive(draws: Draws) -> Finding:
    least = float(cross_entropy(softmax(draws.scores), draws.targets).min())
    return Finding("least value found", least, ">", 0.0, "random targets, one-hot ones among them")


def _ce_takes_every_value(draws: Draws) -> Finding:
    """For a one-hot y°, a y with e^-v at the label has the cross-entropy v."""
    samples, classes = draws.scores.shape
    wanted = torch.logspace(-6, 2.8, samples, dtype=torch.float64, device=draws.scores.device)
    at_label = (-wanted).exp().unsqueeze(1)
    elsewhere = ((1 - at_label) / (classes - 1)).expand(-1, classes - 1)
    target = F.one_hot(torch.zeros_like(wanted, dtype=torch.int64), classes)
    found = cross_entropy(torch.cat([at_label, elsewhere], 1), target)
    quantity = "largest deviation of a value from the one that it is to take"
    return Finding(
        quantity, deviation(found, wanted), "<", TOLERANCE, f"values from 1e-6 to {wanted[-1]:.0f}"
    )


def _definition(draws: Draws) -> Finding:
    found = F.cross_entropy(draws.scores, draws.targets, reduction="none")
    printed = soft_cross_entropy(draws.scores, draws.targets)
    quantity = "largest deviation of the formula from PyTorch's cross_entropy"
    return Finding(quantity, deviation(found, printed), "<", TOLERANCE, "the values, not a derivative")


def _bounded_gradient(draws: Draws) -> Finding:
    largest = float(mathematics.gradient(soft_cross_entropy, draws.scores, draws.targets).abs().max())
    of_ce = float(mathematics.gradient(cross_entropy, softmax(draws.scores), draws.targets).abs().max())
    return Finding("largest |entry| found", largest, "<", 1.0, f"of the gradient of CE {of_ce:.1e}")


def _range_of_soft_ce(draws: Draws) -> Finding:
    largest = float(soft_cross_entropy(draws.scores, draws.targets).max())
    note = "true of each entry of its gradient (theorem1.4); SoftCE itself has the range of CE"
    return Finding("largest value found", largest, "<", 1.0, note)


def _softmax_jacobian(draws: Draws) -> Finding:
    printed = mathematics.softmax_jacobian(softmax(draws.scores))
    return _equal(mathematics.jacobian(softmax, draws.scores), printed, "all entries of all Jacobians")


def _partial_of_soft_ce(draws: Draws) -> Finding:
    found = mathematics.partials(soft_cross_entropy, draws.scores, draws.targets)
    printed = mathematics.soft_error(softmax(draws.scores), draws.targets)
    return _equal(found, printed, "one partial derivative at a time")


def _gradient_of_soft_ce(draws: Draws) -> Finding:
    found = mathematics.gradient(soft_cross_entropy, draws.scores, draws.targets)
    printed = mathematics.soft_error(softmax(draws.scores), draws.targets)
    return _equal(found, printed, "the gradient as a whole")


def _formula_5(draws: Draws) -> Finding:
    soft, targets = softmax(draws.scores), draws.targets
    left = mathematics.jacobian(softmax, draws.scores) @ (-targets / soft).unsqueeze(2)
    unit = soft / soft
    middle = soft * (unit * targets).sum(1, keepdim=True) - unit * targets
    end = deviation(middle, mathematics.soft_error(soft, targets))
    return _equal(left.squeeze(2), middle, f"and of the formula's last two members {end:.1e}")


def _dilated(draws: Draws) -> tuple[Tensor, Tensor]:
    """SoftMax(d ⊙ x - c) and its Jacobian, each row with a d and c of its own."""
    arguments = draws.scores, draws.dilations, draws.relocations
    return mathematics.dilated_softmax(*arguments), mathematics.jacobian(
        mathematics.dilated_softmax, *arguments
    )


def _dilated_jacobian(draws: Draws) -> Finding:
    soft, found = _dilated(draws)
    return _equal(found, mathematics.dilated_jacobian(soft, draws.dilations), "for d of either sign")


def _factored_jacobian(draws: Draws) -> Finding:
    soft, found = _dilated(draws)
    printed = mathematics.softmax_jacobian(soft) @ torch.diag_embed(draws.dilations)
    return _equal(found, printed, "for d of either sign")


def _dilated_trick(draws: Draws) -> Finding:
    arguments = draws.scores, draws.dilations, draws.relocations
    soft = mathematics.dilated_softmax(*arguments)

    def sides(targets: Tensor) -> tuple[Tensor, Tensor]:
        left = mathematics.back_propagated(mathematics.dilated_softmax, -targets / soft, *arguments)
        return left, draws.dilations * mathematics.soft_error(soft, targets)

    half = deviation(*sides(draws.targets / 2))
    return _equal(*sides(draws.targets), f"for y° of sum 1, as in the proof; of sum 1/2 {half:.1e}")


def _proof_of_3_to_2(draws: Draws) -> Finding:
    soft, found = _dilated(draws)
    unit = torch.eye(soft.shape[1], dtype=soft.dtype, device=soft.device)
    printed = (unit - soft.unsqueeze(2)) * draws.dilations.unsqueeze(1)
    corrected = deviation(found, printed * soft.unsqueeze(1))
    return _equal(found, printed, f"lacks the factor y_j; with it {corrected:.1e}")


def _equivalence(draws: Draws) -> Finding:
    """A function with (A2) and (A3), for d = 1, that is no SoftMax: its values do not sum to 1."""
    soft = mathematics.quiet_softmax(draws.scores)
    found = mathematics.jacobian(mathematics.quiet_softmax, draws.scores)
    jacobian = deviation(found, mathematics.softmax_jacobian(soft))
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


def _has_trick(function: Function, draws: Draws) -> Finding:
    least, plain = mathematics.trick_gaps(function, draws.small_scores, draws.targets)
    return Finding(_LEAST_GAP, least, "<", TOLERANCE, f"with d = 1 {plain:.2g}; scores in [0.1, 0.9]")


def _has_no_trick(function: Function, draws: Draws) -> Finding:
    least, plain = mathematics.trick_gaps(function, draws.small_scores, draws.targets)
    return Finding(_LEAST_GAP, least, ">", GAP, f"with d = 1 {plain:.2g}; scores in [0.1, 0.9]")


def _one_dilation(draws: Draws) -> Finding:
    """The same d and c in all rows, for the least squares to find."""
    d, c = draws.dilations[0], draws.relocations[0]
    return _has_trick(lambda scores: mathematics.dilated_softmax(scores, d, c), draws)


_TRICK = "(A3): J^T (-y° ÷ y) = d ⊙ (y - y°)"
_EXCLUDED = "the theorem excludes Sigmoid, Tanh, HardSigmoid, HardTanh"


def _excluded(subject: str, function: Function, printed: str = _EXCLUDED) -> Statement:
    return Statement(
        "theoremA1.exclusion", subject, printed, lambda draws: _has_no_trick(function, draws)
    )


STATEMENTS = (
    Statement("theorem1.1", "ce", "dCE/dy_i = y°_i / y_i", _partial_of_ce),
    Statement("theorem1.2", "ce", "grad_y CE = y° ÷ y", _gradient_of_ce),
    Statement("formula3", "ce", "grad_y CE = -y° ÷ y", _formula_3),
    Statement("theorem1.3.positive", "ce", "the range of CE is (0, inf)", _ce_is_positive),
    Statement("theorem1.3.onto", "ce", "the range of CE is (0, inf)", _ce_takes_every_value),
    Statement("theorem1.4.definition", "softce", "SoftCE = -sum_j y°_j log SoftMax(x)_j", _definition),
    Statement("theorem1.4", "softce", "SoftCE exhibits the bounded gradient", _bounded_gradient),
    Statement("theorem1.4a", "softmax", "J = diag(y) - y y^T", _softmax_jacobian),
    Statement("theorem1.4b", "softce", "dSoftCE/dx_i = y_i - y°_i", _partial_of_soft_ce),
    Statement("theorem1.4c", "softce", "grad_x SoftCE = y - y°", _gradient_of_soft_ce),
    Statement("theorem1.4d", "softce", "the range of SoftCE is (-1, +1)", _range_of_soft_ce),
    Statement(
        "formula5",
        "softmax",
        "(diag(y) - y y^T) (-y° ÷ y) = y (y ÷ y)^T y° - diag(y ÷ y) y° = y - y°",
        _formula_5,
    ),
    Statement("theoremA1.2", "dilated_softmax", "J = diag(d ⊙ y) - y (d ⊙ y)^T", _dilated_jacobian),
    Statement(
        "theoremA1.2.factored", "dilated_softmax", "J = (diag(y) - y y^T) diag(d)", _factored_jacobian
    ),
    Statement("theoremA1.3", "dilated_softmax", _TRICK, _dilated_trick),
    Statement(
        "theoremA1.proof",
        "dilated_softmax",
        "dy_i/dx_j = (delta_ji - y_i) d_j, in the proof of (3) -> (2)",
        _proof_of_3_to_2,
    ),
    Statement(
        "theoremA1",
        "quiet_softmax",
        "(2), (3) and F(x) = SoftMax(d ⊙ x - c) are equivalent",
        _equivalence,
    ),
    Statement("formulaA3", "softmax", _TRICK, lambda draws: _has_trick(softmax, draws)),
    Statement("formulaA3", "dilated_softmax", _TRICK, _one_dilation),
    _excluded("sigmoid", activations.ACTIVATIONS["sigmoid"]),
    _excluded("tanh", activations.ACTIVATIONS["tanh"]),
    _excluded("hardsigmoid", activations.ACTIVATIONS["hardsigmoid"]),
    _excluded("hardsigmoid_section_4", activations.hardsigmoid_section_4),
    _excluded("hardtanh", activations.ACTIVATIONS["hardtanh"]),
    _excluded("normalize", activations.ACTIVATIONS["normalize"], f"{_EXCLUDED} [and normalize]"),
)
"""In the order of the paper."""
