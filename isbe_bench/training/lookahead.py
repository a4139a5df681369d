"""Lookahead (Zhang et al. 2019) as in airbench: every few steps, weights become their running mean."""

from typing import Any

import torch
from torch import nn

from isbe_bench.settings.optimizer import AirbenchSgd, Optimizer

_DECAY = 0.95  # of the running mean in a step, at the end of the training
_POWER = 3  # of the share of the training that is done: early means forget at once


class Lookahead:
    """Averages all weights of a training, and the running statistics of its batch norms.

    Parameters
    ----------
    settings
        Of the optimiser; only that of airbench looks ahead.
    modules
        What is trained.
    steps
        The length of the training.
    """

    def __init__(self, settings: Optimizer, modules: nn.Module, steps: int) -> None:
        self._every = settings.lookahead if isinstance(settings, AirbenchSgd) else 0
        self._modules = modules
        self._steps = steps
        self._done = 0
        self._means: dict[str, torch.Tensor] = {}
        if self._every:
            self._means = {name: value.detach().clone() for name, value in self._averaged()}

    def end_step(self) -> None:
        """Count a step; every few steps, update the means and move the weights to them.

        After the last step, the weights become the means as they are.
        """
        if not self._every:
            return
        self._done += 1
        if self._done == self._steps:
            self._move(1.0)
        elif not self._done % self._every:
            self._move(_DECAY**self._every * (self._done / self._steps) ** _POWER)

    def state_dict(self) -> dict[str, Any]:
        """What the remaining steps depend on."""
        return {"done": self._done, "means": self._means}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state."""
        self._done = int(state["done"])
        for name, value in self._means.items():
            value.copy_(state["means"][name])

    @torch.no_grad()
    def _move(self, decay: float) -> None:
        for name, value in self._averaged():
            value.copy_(self._means[name].lerp_(value, 1 - decay))

    def _averaged(self) -> list[tuple[str, torch.Tensor]]:
        state = self._modules.state_dict()
        return [(name, value) for name, value in state.items() if value.is_floating_point()]
