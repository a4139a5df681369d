"""Momentum as Tomasi 2019 (Section 4) and Sutskever et al. 2013 write it, with a rising coefficient."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from isbe_bench.papers import tomasi


class HeavyBall(Optimizer):
    """`v <- mu v - lr g; w <- w + v`.

    PyTorch's SGD keeps `lr` out of the velocity: `b <- mu b + g; w <- w - lr b`. Both are the same while
    `lr` is constant. When it falls, this velocity still holds steps of the former rate.

    Parameters
    ----------
    weights
        What to optimise.
    lr
        The learning rate.
    momentum, rise
        The largest coefficient, and the number of steps after which it rises.
    weight_decay
        Times the weights, added to their gradient.
    """

    def __init__(
        self,
        weights: Iterable[nn.Parameter],
        lr: float,
        momentum: float,
        rise: int,
        weight_decay: float,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(weights, {**defaults, "rise": rise, "steps": 0})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Move all weights that have a gradient; `closure` is not called."""
        for group in self.param_groups:
            mu = tomasi.momentum(group["steps"], group["rise"], group["momentum"])
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, mu, group["lr"], group["weight_decay"])
            group["steps"] += 1

    def _move(self, weight: nn.Parameter, mu: float, lr: float, decay: float) -> None:
        assert weight.grad is not None
        state = self.state[weight]
        if not state:
            state["velocity"] = torch.zeros_like(weight)
        gradient = weight.grad.add(weight, alpha=decay) if decay else weight.grad
        velocity: Tensor = state["velocity"]
        velocity.mul_(mu).sub_(gradient, alpha=lr)
        weight.add_(velocity)
