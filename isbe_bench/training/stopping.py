"""Early stopping: the epoch at which `train.stop` ends a training, and the weights that it keeps."""

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn

from isbe_bench.runs.rows import Epoch, Stopped
from isbe_bench.settings.stop import Stop


class Stopping:
    """Judges a training after each epoch.

    Parameters
    ----------
    settings
        The criteria.
    modules
        What is trained.
    """

    def __init__(self, settings: Stop, modules: nn.Module) -> None:
        self._settings = settings
        self._modules = modules
        self._criterion = ""
        self._epoch = self._kept = 0
        self._lowest_error = self._loss = math.inf
        self._weights: dict[str, Any] | None = None  # of the epoch that is kept
        self._before: list[Tensor] = []

    @property
    def ends(self) -> bool:
        """Whether the training is to end now."""
        return bool(self._criterion) and not self._settings.goes_on

    @property
    def stopped(self) -> Stopped | None:
        """Where the training ended or would have ended; None if nothing can stop it."""
        if not self._settings.criteria:
            return None
        return Stopped(self._criterion, self._epoch, self._kept, int(not self._settings.goes_on))

    def begin_epoch(self) -> None:
        """Note where the weights are."""
        if self._settings.weight_change is not None and not self._criterion:
            self._before = [each.detach().clone() for each in self._modules.parameters()]

    def end_epoch(self, epoch: Epoch) -> None:
        """Judge an epoch, unless a criterion was met before."""
        if self._criterion or not self._settings.criteria:
            return
        self._epoch = epoch.epoch
        met = self._met(epoch)
        if self._settings.patience is None:
            self._kept = epoch.epoch
        self._criterion = next(iter(met), "")

    def keep(self) -> bool:
        """Put the weights of the kept epoch into the modules, for good; whether that changed them."""
        if self._settings.goes_on or self._weights is None:
            return False
        self._modules.load_state_dict(self._weights)
        return True

    def state_dict(self) -> dict[str, Any]:
        """What the judgement of the remaining epochs depends on."""
        return {
            "criterion": self._criterion,
            "epoch": self._epoch,
            "kept": self._kept,
            "lowest_error": self._lowest_error,
            "loss": self._loss,
            "weights": self._weights,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state."""
        self._criterion, self._epoch = str(state["criterion"]), int(state["epoch"])
        self._kept, self._weights = int(state["kept"]), state["weights"]
        self._lowest_error, self._loss = float(state["lowest_error"]), float(state["loss"])

    def _met(self, epoch: Epoch) -> list[str]:
        """The criteria that an epoch meets."""
        stop, met = self._settings, []
        if stop.patience is not None and self._has_patience_ended(epoch, stop.patience):
            met.append("patience")
        if stop.loss_change is not None and abs(epoch.train_loss - self._loss) < stop.loss_change:
            met.append("loss_change")
        if stop.weight_change is not None and self._step() < stop.weight_change:
            met.append("weight_change")
        self._loss = epoch.train_loss
        return met

    def _has_patience_ended(self, epoch: Epoch, patience: int) -> bool:
        error = 100.0 - epoch.validation_accuracy
        if error < self._lowest_error:
            self._lowest_error, self._kept = error, epoch.epoch
            self._weights = copy.deepcopy(self._modules.state_dict())
        return epoch.epoch - self._kept >= patience

    def _step(self) -> float:
        """How far the epoch moved the weights."""
        steps = [
            torch.linalg.vector_norm(after.detach() - before)
            for after, before in zip(self._modules.parameters(), self._before, strict=True)
        ]
        self._before = []
        return float(torch.linalg.vector_norm(torch.stack(steps)))
