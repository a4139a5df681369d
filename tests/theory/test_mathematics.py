"""The mathematics of the theorems, against finite differences and formulas by hand."""

import numpy as np
import pytest
import torch
from theory_draws import draws
from torch import Tensor

from isbe_bench.losses import activations
from isbe_bench.theory import mathematics


def test_draws_are_what_they_are_said_to_be() -> None:
    drawn = draws(classes=10, samples=2000)
    for each in vars(drawn).values():
        assert each.shape == (2000, 10)
        assert each.dtype == torch.float64
    assert drawn.scores.std() == pytest.approx(3, rel=0.05)
    assert drawn.targets.min() >= 0
    torch.testing.assert_close(drawn.targets.sum(1), torch.ones(2000, dtype=torch.float64))
    assert torch.equal(drawn.targets[:1000].max(1).values, torch.ones(1000, dtype=torch.float64))
    assert drawn.targets[1000:].max() < 1
    sizes = drawn.dilations.abs()
    assert 0.5 <= sizes.min() < 0.51 < 1.99 < sizes.max() < 2
    assert 0 < (drawn.dilations > 0).double().mean() < 1
    for activation in [*activations.ACTIVATIONS.values(), activations.hardsigmoid_section_4]:
        soft = activation(drawn.small_scores)
        assert 0 < soft.min() < soft.max() < 1


def test_closed_forms_against_finite_differences() -> None:
    """A third way to a derivative, independent of autodiff."""
    drawn = draws(classes=4)
    arguments = drawn.dilations, drawn.relocations
    step = 1e-6 * torch.eye(4, dtype=torch.float64)
    columns = [
        mathematics.dilated_softmax(drawn.scores + each, *arguments)
        - mathematics.dilated_softmax(drawn.scores - each, *arguments)
        for each in step
    ]
    central = torch.stack(columns, dim=2) / 2e-6
    soft = mathematics.dilated_softmax(drawn.scores, *arguments)
    assert mathematics.deviation(central, mathematics.dilated_jacobian(soft, drawn.dilations)) < 1e-8


def test_the_gap_finds_the_dilation() -> None:
    drawn = draws()
    d, c = drawn.dilations[0], drawn.relocations[0]

    def dilated(scores: Tensor) -> Tensor:
        return mathematics.dilated_softmax(scores, d, c)

    least, plain = mathematics.trick_gaps(dilated, drawn.small_scores, drawn.targets)
    assert least < 1e-12
    assert plain > 0.1


def test_the_gap_by_hand() -> None:
    """Sigmoid's Jacobian is diag(y (1 - y)), so that the left side of (A3) is -y° (1 - y)."""
    drawn = draws()
    y = torch.sigmoid(drawn.small_scores).numpy()
    targets = drawn.targets.numpy()
    left, error = -targets * (1 - y), y - targets
    best = [np.linalg.lstsq(error[:, [k]], left[:, k])[0][0] for k in range(5)]
    expected = np.linalg.norm(left - best * error) / np.linalg.norm(left)
    least, plain = mathematics.trick_gaps(torch.sigmoid, drawn.small_scores, drawn.targets)
    assert least == pytest.approx(expected)
    assert plain == pytest.approx(np.linalg.norm(left - error) / np.linalg.norm(left))


def test_a_counterexample_to_the_equivalence_of_theorem_a1() -> None:
    """The properties (A2) and (A3) with d = 1, but values whose sum is below 1: it is no SoftMax."""
    drawn = draws()
    soft = mathematics.quiet_softmax(drawn.scores)
    jacobian = mathematics.jacobian(mathematics.quiet_softmax, drawn.scores)
    assert mathematics.deviation(jacobian, mathematics.softmax_jacobian(soft)) < 1e-12
    assert max(mathematics.trick_gaps(mathematics.quiet_softmax, drawn.scores, drawn.targets)) < 1e-12
    assert soft.sum(1).max() < 1
