"""The statements of the papers, as printed, each with its check."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from isbe_bench.losses import activations
from isbe_bench.theory import checks, conditions, dropout
from isbe_bench.theory.checks import Finding
from isbe_bench.theory.mathematics import Draws, Function, soft_cross_entropy, softmax


@dataclass(frozen=True)
class Statement:
    """A statement of a paper.

    Attributes
    ----------
    name
        Its place in the paper, such as `theorem1.4c`.
    subject
        The function that it is about.
    printed
        The statement as the paper prints it, in plain text; what only follows from it is in brackets.
    check
        Compares the statement with random draws.
    """

    name: str
    subject: str
    printed: str
    check: Callable[[Draws], Finding]


_TRICK = "(A3): J^T (-y° ÷ y) = d ⊙ (y - y°)"
_SEPARATED = "a separated implementation has problems with (soft) scores close to zero,"
_EXCLUDED = "the theorem excludes Sigmoid, Tanh, HardSigmoid, HardTanh"


def _excluded(subject: str, function: Function, printed: str = _EXCLUDED) -> Statement:
    return Statement(
        "theoremA1.exclusion", subject, printed, lambda draws: checks.has_no_trick(function, draws)
    )


def _of_each(
    name: str, printed: str, check: Callable[[activations.Activation, Draws], Finding]
) -> Iterator[Statement]:
    """A statement on each activation of the paper, normalize among them."""
    for subject, activation in activations.ACTIVATIONS.items():
        yield Statement(name, subject, printed, partial(check, activation))


_ONLY_SOFTMAX = "only SoftMax can prevent the {} of the gradient originating from CE"
_EXPLOSION, _SUPPRESSION = map(_ONLY_SOFTMAX.format, ("explosion", "suppression"))
_AVERAGES = "all weights are multiplied by p, which effectively averages the outputs of the nets"

STATEMENTS = (
    Statement("theorem1.1", "ce", "dCE/dy_i = y°_i / y_i", checks.ce_partial),
    Statement("theorem1.2", "ce", "grad_y CE = y° ÷ y", checks.ce_gradient),
    Statement("formula3", "ce", "grad_y CE = -y° ÷ y", checks.formula_3),
    Statement("theorem1.3.positive", "ce", "the range of CE is (0, inf)", checks.ce_is_positive),
    Statement("theorem1.3.onto", "ce", "the range of CE is (0, inf)", checks.ce_takes_every_value),
    Statement(
        "theorem1.4.definition",
        "softce",
        "SoftCE = -sum_j y°_j log SoftMax(x)_j",
        checks.softce_definition,
    ),
    Statement(
        "theorem1.4", "softce", "SoftCE exhibits the bounded gradient", checks.softce_gradient_is_bounded
    ),
    Statement("theorem1.4a", "softmax", "J = diag(y) - y y^T", checks.softmax_jacobian),
    Statement("theorem1.4b", "softce", "dSoftCE/dx_i = y_i - y°_i", checks.softce_partial),
    Statement("theorem1.4c", "softce", "grad_x SoftCE = y - y°", checks.softce_gradient),
    Statement("theorem1.4d", "softce", "the range of SoftCE is (-1, +1)", checks.softce_range),
    Statement(
        "formula5",
        "softmax",
        "(diag(y) - y y^T) (-y° ÷ y) = y (y ÷ y)^T y° - diag(y ÷ y) y° = y - y°",
        checks.formula_5,
    ),
    Statement(
        "theoremA1.2", "dilated_softmax", "J = diag(d ⊙ y) - y (d ⊙ y)^T", checks.dilated_jacobian
    ),
    Statement(
        "theoremA1.2.factored",
        "dilated_softmax",
        "J = (diag(y) - y y^T) diag(d)",
        checks.factored_jacobian,
    ),
    Statement("theoremA1.3", "dilated_softmax", _TRICK, checks.dilated_trick),
    Statement(
        "theoremA1.proof",
        "dilated_softmax",
        "dy_i/dx_j = (delta_ji - y_i) d_j, in the proof of (3) -> (2)",
        checks.jacobian_in_the_proof,
    ),
    Statement(
        "theoremA1",
        "quiet_softmax",
        "(2), (3) and F(x) = SoftMax(d ⊙ x - c) are equivalent",
        checks.equivalence,
    ),
    Statement("formulaA3", "softmax", _TRICK, lambda draws: checks.has_trick(softmax, draws)),
    Statement("formulaA3", "dilated_softmax", _TRICK, checks.has_one_dilation),
    _excluded("sigmoid", activations.ACTIVATIONS["sigmoid"]),
    _excluded("tanh", activations.ACTIVATIONS["tanh"]),
    _excluded("hardsigmoid", activations.ACTIVATIONS["hardsigmoid"]),
    _excluded("hardsigmoid_section_4", activations.hardsigmoid_section_4),
    _excluded("hardtanh", activations.ACTIVATIONS["hardtanh"]),
    _excluded("normalize", activations.ACTIVATIONS["normalize"], f"{_EXCLUDED} [and normalize]"),
    Statement(
        "diagram1", "ce_separated", f"{_SEPARATED} in the inference phase", checks.separated_forward
    ),
    Statement(
        "diagram6", "ce_separated", f"{_SEPARATED} in back-propagation", checks.separated_backward
    ),
    Statement(
        "zhu.section3",
        "softmax",
        "W times a constant above 1 raises the probability of the class, not the performance",
        checks.scaled_weights,
    ),
    *_of_each(
        "section3.monotonic",
        "the largest raw score remains the largest soft score",
        conditions.is_monotonic,
    ),
    *_of_each("section3.limited", "soft scores within [0, 1] or [-1, +1]", conditions.is_limited),
    *_of_each("section3.lipschitz", "|x| <= eps: |F(x)| <= c |x|", conditions.is_small_near_zero),
    *_of_each(
        "section3.close",
        "two close scores are not mapped to distant scores [around zero]",
        conditions.is_stable,
    ),
    Statement(
        "section3.normalize",
        "normalize",
        "normalize maps eps and -eps to points distant by exactly 2 in the p-norm",
        conditions.normalize_sends_to_distance_two,
    ),
    Statement(
        "section5.explosion",
        "softmax",
        _EXPLOSION,
        partial(conditions.does_not_explode, soft_cross_entropy),
    ),
    Statement(
        "section5.explosion",
        "sigmoid",
        _EXPLOSION,
        partial(conditions.explodes, conditions.ce_of_sigmoid),
    ),
    Statement(
        "section5.explosion",
        "hardsigmoid",
        _EXPLOSION,
        partial(conditions.explodes, conditions.ce_of_hardsigmoid),
    ),
    Statement(
        "section5.suppression",
        "softmax",
        _SUPPRESSION,
        partial(conditions.is_not_suppressed, soft_cross_entropy),
    ),
    Statement(
        "section5.suppression",
        "sigmoid",
        _SUPPRESSION,
        partial(conditions.is_suppressed, conditions.ce_of_sigmoid),
    ),
    Statement(
        "tomasi.section5.linear",
        "dropout",
        f"{_AVERAGES} [of one linear layer]",
        dropout.scaling_is_the_mean_of_linear_outputs,
    ),
    Statement(
        "tomasi.section5.pytorch",
        "dropout",
        "[PyTorch's dropout is the text's, with weights larger by 1/p]",
        dropout.pytorch_is_the_text_with_larger_weights,
    ),
    Statement(
        "tomasi.section5.softmax",
        "dropout",
        f"{_AVERAGES} [behind SoftMax]",
        dropout.scaling_averages_probabilities,
    ),
    Statement(
        "tomasi.section5.relu",
        "dropout",
        f"{_AVERAGES} [behind ReLU]",
        dropout.scaling_averages_deep_nets,
    ),
)
"""Theorems in the order of the paper; behind them, diagrams, conditions, and those of other texts."""
