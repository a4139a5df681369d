"""The text's momentum: its coefficient, and where it parts from torch's."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from isbe_bench.papers import tomasi
from isbe_bench.training.heavy_ball import HeavyBall


@pytest.mark.parametrize(
    ("step", "expected"),
    [(0, 1 / 2), (249, 1 / 2), (250, 3 / 4), (500, 5 / 6), (749, 5 / 6), (100_000, 0.99)],
)
def test_the_coefficient_rises_up_to_the_largest(step: int, expected: float) -> None:
    assert tomasi.momentum(step, 250, 0.99) == pytest.approx(expected)
    assert tomasi.momentum(step, 0, 0.9) == 0.9


def descended(make: Any, rates: list[float], **settings: float) -> Tensor:
    """A weight after a step down a bowl at each of these rates."""
    weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64))
    optimizer = make([weight], lr=rates[0], **settings)
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        (weight**4).sum().backward()
        optimizer.step()
    return weight.detach()


def test_while_the_rate_is_constant_it_is_torchs() -> None:
    ours = descended(HeavyBall, [0.01] * 20, momentum=0.9, rise=0, weight_decay=0.1)
    theirs = descended(torch.optim.SGD, [0.01] * 20, momentum=0.9, weight_decay=0.1)
    torch.testing.assert_close(ours, theirs, rtol=1e-13, atol=0)


def test_when_the_rate_falls_it_still_moves_by_steps_of_the_former_rate() -> None:
    """By hand, for g = 4 w^3 with w = 1 and mu = 1/2: v = -0.4, then v = -0.2 - 0.01 g."""
    rates = [0.1, 0.01]
    ours = descended(HeavyBall, rates, momentum=0.5, rise=0, weight_decay=0.0)
    theirs = descended(torch.optim.SGD, rates, momentum=0.5)
    after_one = 1 - 0.1 * 4
    gradient = 4 * after_one**3
    assert float(ours[0]) == pytest.approx(after_one - 0.5 * 0.4 - 0.01 * gradient, abs=1e-15)
    assert float(theirs[0]) == pytest.approx(after_one - 0.01 * (0.5 * 4 + gradient), abs=1e-15)


def test_a_state_continues_with_the_same_bits() -> None:
    def run(stop: int | None) -> Tensor:
        weight = nn.Parameter(torch.tensor([1.0, -2.0]))
        optimizer = HeavyBall([weight], lr=0.01, momentum=0.99, rise=3, weight_decay=0.0)
        for step in range(10):
            if step == stop:
                state = optimizer.state_dict()
                optimizer = HeavyBall([weight], lr=0.5, momentum=0.5, rise=0, weight_decay=0.0)
                optimizer.load_state_dict(state)
            optimizer.zero_grad()
            (weight**4).sum().backward()
            optimizer.step()
        return weight.detach()

    assert torch.equal(run(4), run(None))


def test_weights_without_a_gradient_stay() -> None:
    weights = [nn.Parameter(torch.ones(2)) for _ in range(2)]
    optimizer = HeavyBall(weights, lr=0.1, momentum=0.9, rise=0, weight_decay=0.5)
    weights[0].sum().backward()
    optimizer.step()
    assert weights[1].tolist() == [1.0, 1.0]
    assert weights[0].tolist() == pytest.approx([0.85, 0.85])
