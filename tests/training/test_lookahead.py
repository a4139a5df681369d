"""Lookahead: weights and running statistics against means by hand, and the same after a resume."""

import copy

import pytest
import torch
from torch import nn

from isbe_bench.settings.optimizer import AirbenchSgd
from isbe_bench.training.lookahead import Lookahead

STEPS = 7


def settings(every: int) -> AirbenchSgd:
    return AirbenchSgd(
        name="airbench_sgd",
        lr=0.1,
        momentum=0.9,
        weight_decay=0.0,
        norm_bias_lr_ratio=1.0,
        lookahead=every,
    )


def moved(network: nn.Module, step: int) -> None:
    """What an optimiser and a forward pass do."""
    with torch.no_grad():
        network.weight.copy_(torch.full((2,), float(step**2)))  # type: ignore[operator]
        network.running_mean.copy_(torch.full((2,), float(step)))  # type: ignore[operator]


def test_every_few_steps_weights_become_their_running_mean() -> None:
    network = nn.BatchNorm1d(2)
    lookahead = Lookahead(settings(3), network, STEPS)
    means, weights = (1.0, 0.0), []  # of a batch norm's weight, and of its running mean
    for step in range(1, STEPS + 1):
        moved(network, step)
        lookahead.end_step()
        expected = float(step**2), float(step)
        if step == STEPS:
            expected = means
        elif step % 3 == 0:
            decay = 0.95**3 * (step / STEPS) ** 3
            means = tuple(
                decay * mean + (1 - decay) * new for mean, new in zip(means, expected, strict=True)
            )  # type: ignore[assignment]
            expected = means
        weights.append(float(network.weight.detach()[0]))
        assert network.running_mean is not None
        assert (weights[-1], float(network.running_mean[0])) == pytest.approx(expected, rel=1e-6)
    assert weights[-1] == weights[5]
    assert network.num_batches_tracked == 0  # which is a count, not averaged


def test_without_lookahead_weights_stay() -> None:
    network = nn.BatchNorm1d(2)
    lookahead = Lookahead(settings(0), network, 1)
    moved(network, 5)
    lookahead.end_step()
    assert network.weight.tolist() == [25.0, 25.0]


def test_it_continues_where_it_was() -> None:
    network = nn.BatchNorm1d(2)
    lookahead = Lookahead(settings(2), network, STEPS)
    for step in range(1, 4):
        moved(network, step)
        lookahead.end_step()
    again = copy.deepcopy(network)
    resumed = Lookahead(settings(2), again, STEPS)
    resumed.load_state_dict(copy.deepcopy(lookahead.state_dict()))
    for step in range(4, STEPS + 1):
        for one, other in ((network, lookahead), (again, resumed)):
            moved(one, step)
            other.end_step()
    assert torch.equal(network.weight, again.weight)
