"""Conditions on activations, gradients and dropout: what breaks them is found."""

import pytest
import torch
from theory_draws import draws
from torch import Tensor

from isbe_bench.losses.activations import ACTIVATIONS, normalize
from isbe_bench.theory import conditions, dropout, mathematics


def test_an_activation_that_turns_the_order_is_not_monotonic() -> None:
    assert not conditions.is_monotonic(lambda scores: torch.sigmoid(-scores), draws()).holds
    assert conditions.is_monotonic(torch.sigmoid, draws()).holds


def test_raw_scores_have_no_limits() -> None:
    assert not conditions.is_limited(lambda scores: scores, draws()).holds
    finding = conditions.is_limited(torch.tanh, draws())
    assert finding.holds
    assert finding.note.startswith("least soft score -")


@pytest.mark.parametrize(
    ("name", "small", "stable"),
    [
        ("softmax", False, True),
        ("sigmoid", False, True),
        ("hardsigmoid", False, True),
        ("tanh", True, True),
        ("hardtanh", True, True),
        ("normalize", False, False),
    ],
)
def test_the_lipschitz_condition_as_printed_and_as_meant(name: str, small: bool, stable: bool) -> None:
    activation = ACTIVATIONS[name]
    assert conditions.is_small_near_zero(activation, draws()).holds == small
    assert conditions.is_stable(activation, draws()).holds == stable


def test_the_checks_leave_the_draws_as_they_are() -> None:
    drawn = draws()
    before = drawn.scores.clone()
    for check in (conditions.is_monotonic, conditions.is_limited, conditions.is_small_near_zero):
        for activation in (torch.relu_, normalize):
            check(activation, drawn)
    assert torch.equal(drawn.scores, before)


def test_a_gradient_that_is_twice_as_large_explodes() -> None:
    def doubled(scores: Tensor, targets: Tensor) -> Tensor:
        return 2 * mathematics.soft_cross_entropy(scores, targets)

    assert conditions.does_not_explode(mathematics.soft_cross_entropy, draws()).holds
    assert not conditions.does_not_explode(doubled, draws()).holds
    assert conditions.explodes(doubled, draws()).holds


def test_a_squared_error_is_suppressed_at_a_far_label() -> None:
    def squared(scores: Tensor, targets: Tensor) -> Tensor:
        return (mathematics.softmax(scores) - targets).square().sum(-1)

    assert conditions.is_suppressed(squared, draws()).holds
    assert not conditions.is_not_suppressed(squared, draws()).holds


def test_another_scale_than_the_probability_to_keep_a_unit_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = draws()
    assert dropout.scaling_is_the_mean_of_linear_outputs(drawn).holds
    assert dropout.pytorch_is_the_text_with_larger_weights(drawn).holds
    mean = dropout._mean
    monkeypatch.setattr(dropout, "_mean", lambda outputs, nets: mean(outputs, 1 - nets))
    assert not dropout.scaling_is_the_mean_of_linear_outputs(drawn).holds


def test_probabilities_are_averaged_as_a_geometric_mean() -> None:
    finding = dropout.scaling_averages_probabilities(draws())
    assert not finding.holds
    geometric = float(finding.note.split("geometric mean ")[1].split(";")[0])
    assert geometric < 1e-12


def test_dropout_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    dropout.pytorch_is_the_text_with_larger_weights(draws())
    assert torch.equal(torch.get_rng_state(), before)
