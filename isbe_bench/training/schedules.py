"""The schedules of the learning rate that the settings describe."""

import functools
from typing import Any

import numpy as np
from torch.optim import Optimizer, lr_scheduler
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from isbe_bench.errors import InputError, describe_error
from isbe_bench.parts import targets
from isbe_bench.settings.schedule import (
    Cosine,
    Exponential,
    MultiStep,
    OneCycle,
    OwnSchedule,
    Plateau,
    Triangle,
)
from isbe_bench.settings.schedule import Schedule as Settings

_GROUP = "schedule"
_LENGTHS = ("T_max", "total_steps", "total_iters")
"""Parameters of torch's schedules that are the length of a training."""


class Schedule:
    """Changes the learning rate of an optimiser after each step or each epoch.

    Parameters
    ----------
    settings
        What to do.
    optimizer
        Its learning rate is the first.
    epochs, steps
        The length of the training, and of an epoch.

    Raises
    ------
    InputError
        Parameters that do not fit the optimiser, or a user's own schedule that cannot be built.
    """

    def __init__(self, settings: Settings, optimizer: Optimizer, epochs: int, steps: int) -> None:
        self._by_step = settings.interval == "step"
        length = epochs * steps if self._by_step else epochs
        self._scheduler = _scheduler(settings, optimizer, length)

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return float(self._scheduler.get_last_lr()[0])

    def end_step(self) -> None:
        """Advance, if the interval is a step."""
        if self._by_step:
            self._scheduler.step()

    def end_epoch(self, validation_loss: float) -> None:
        """Advance, if the interval is an epoch."""
        if isinstance(self._scheduler, ReduceLROnPlateau):
            self._scheduler.step(validation_loss)
        elif not self._by_step:
            self._scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        """What the remaining changes depend on."""
        return self._scheduler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state."""
        self._scheduler.load_state_dict(state)


def check(settings: Settings, optimizer: Optimizer, epochs: int, steps: int) -> None:
    """Check that a schedule can be built for an optimiser, and advanced; makes a step with it.

    Raises
    ------
    InputError
        As `Schedule`, or a schedule that fails.
    """
    schedule = Schedule(settings, optimizer, epochs, steps)
    optimizer.step()
    try:
        schedule.end_step()
        schedule.end_epoch(1.0)
    except Exception as error:
        raise InputError(f"{_key(settings)}: fails ({describe_error(error)})") from error


def _scheduler(settings: Settings, optimizer: Optimizer, length: int) -> LRScheduler:
    """Torch's scheduler, for so many intervals."""
    match settings:
        case Exponential():
            gamma = settings.final_lr_ratio ** (1 / max(1, length - 1))
            return lr_scheduler.ExponentialLR(optimizer, gamma=gamma)
        case MultiStep():
            milestones = sorted(round(share * length) for share in settings.milestones)
            return lr_scheduler.MultiStepLR(optimizer, milestones, settings.gamma)
        case Cosine():
            lowest = settings.final_lr_ratio * optimizer.param_groups[0]["lr"]
            return lr_scheduler.CosineAnnealingLR(optimizer, T_max=length, eta_min=lowest)
        case Plateau():
            return ReduceLROnPlateau(optimizer, factor=settings.factor, patience=settings.patience)
        case OneCycle():
            return _one_cycle(settings, optimizer, length)
        case Triangle():
            return lr_scheduler.LambdaLR(optimizer, functools.partial(_triangle, settings, length))
        case OwnSchedule():
            return _own(settings, optimizer, length)


def _one_cycle(settings: OneCycle, optimizer: Optimizer, length: int) -> LRScheduler:
    group = optimizer.param_groups[0]
    if settings.cycle_momentum and not group.get("momentum") and "betas" not in group:
        raise InputError(
            "schedule.cycle_momentum=true: the optimizer has no momentum; allowed is false, or an "
            "optimizer with momentum"
        )
    if settings.cycle_momentum and group.get("rise"):
        raise InputError(
            f"schedule.cycle_momentum=true: optimizer.rise={group['rise']} sets the momentum, too; "
            "allowed is false, or optimizer.rise=0"
        )
    return lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=[each["lr"] for each in optimizer.param_groups],
        total_steps=length,
        pct_start=settings.rise,
        div_factor=1 / settings.initial_lr_ratio,
        final_div_factor=settings.initial_lr_ratio / settings.final_lr_ratio,
        cycle_momentum=settings.cycle_momentum,
    )


def _triangle(settings: Triangle, length: int, interval: int) -> float:
    """The rate of an interval, the first being 0, over that at the peak."""
    last = max(2, length - 1)
    points = [0, min(max(1, round(settings.rise * length)), last - 1), last]
    rates = [settings.initial_lr_ratio, 1.0, settings.final_lr_ratio]
    return float(np.interp(interval, points, rates))


def _own(settings: OwnSchedule, optimizer: Optimizer, length: int) -> LRScheduler:
    supplied = dict.fromkeys(_LENGTHS, length)
    target = targets.prepare(_GROUP, settings, supplied, positional=1)
    scheduler = target.create(optimizer)
    if not isinstance(scheduler, LRScheduler):
        raise InputError(
            f"{target.key}: returns {type(scheduler).__name__}; allowed is a target that returns a "
            "torch.optim.lr_scheduler.LRScheduler"
        )
    if isinstance(scheduler, ReduceLROnPlateau) and settings.interval == "step":
        raise InputError(
            "schedule.interval=step: the validation loss is known after an epoch; allowed is epoch"
        )
    return scheduler


def _key(settings: Settings) -> str:
    if isinstance(settings, OwnSchedule):
        return f"{_GROUP}._target_={settings.target}"
    return f"{_GROUP}={settings.name}"
