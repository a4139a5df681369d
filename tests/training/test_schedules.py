"""Schedules: learning rates by hand, the same after a resume, and those that are refused."""

import math
from typing import Any

import pytest
import torch
from torch import nn

from isbe_bench.errors import InputError
from isbe_bench.settings import composition, words
from isbe_bench.settings.schedule import AnySchedule
from isbe_bench.training.schedules import Schedule, check

EPOCHS, STEPS = 10, 3


def optimizer(momentum: float = 0.9) -> torch.optim.Optimizer:
    made = torch.optim.SGD([nn.Parameter(torch.zeros(2))], lr=1.0, momentum=momentum)
    made.step()
    return made


def schedule(name: str, made: torch.optim.Optimizer | None = None, **values: Any) -> Schedule:
    shipped = (
        composition.choice("schedule", name)
        if "_target_" not in values
        else {"name": name, "interval": "epoch"}
    )
    settings = words.validate(AnySchedule, shipped | values, "schedule")
    return Schedule(settings, made or optimizer(), EPOCHS, STEPS)


def rates(made: Schedule, losses: list[float] | None = None, resumed_as: str = "") -> list[float]:
    """The learning rate of each step, or of each epoch's first step."""
    found = []
    for epoch in range(EPOCHS):
        if epoch == 4 and resumed_as:
            before, again = made, optimizer()
            made = schedule(resumed_as, again)
            again.load_state_dict(before._scheduler.optimizer.state_dict())
            made.load_state_dict(before.state_dict())
        for _ in range(STEPS):
            found.append(made.lr)
            made._scheduler.optimizer.step()
            made.end_step()
        made.end_epoch(losses[epoch] if losses else 1.0)
    return found


def by_epoch(values: list[float]) -> list[float]:
    return [value for value in values for _ in range(STEPS)]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("exponential", {}, by_epoch([0.01 ** (epoch / 9) for epoch in range(10)])),
        ("exponential", {"interval": "step"}, [0.01 ** (step / 29) for step in range(30)]),
        ("exponential", {"final_lr_ratio": 1.0}, [1.0] * 30),
        ("multistep", {}, by_epoch([1.0] * 3 + [0.1] * 3 + [0.01] * 3 + [0.001])),
        ("multistep", {"milestones": [0.5], "gamma": 0.5, "interval": "step"}, [1.0] * 15 + [0.5] * 15),
        ("cosine", {}, by_epoch([(1 + math.cos(math.pi * epoch / 10)) / 2 for epoch in range(10)])),
        ("cosine", {"final_lr_ratio": 0.5}, by_epoch([0.75 + 0.25 * math.cos(math.pi * epoch / 10) for epoch in range(10)])),
        ("triangle", {"rise": 0.2, "initial_lr_ratio": 0.4, "final_lr_ratio": 0.08}, [0.4 + 0.1 * step for step in range(6)] + [1 - 0.04 * step for step in range(24)]),
        ("triangle", {"rise": 0.5, "interval": "epoch"}, by_epoch([0.2 + 0.16 * epoch for epoch in range(5)] + [1 - 0.93 * epoch / 4 for epoch in range(5)])),
        ("mine", {"_target_": "torch.optim.lr_scheduler.StepLR", "step_size": 4, "gamma": 0.5}, by_epoch([1.0] * 4 + [0.5] * 4 + [0.25] * 2)),
        ("mine", {"_target_": "torch.optim.lr_scheduler.LinearLR", "start_factor": 1.0, "end_factor": 0.5}, by_epoch([1 - 0.05 * epoch for epoch in range(10)])),
    ],
)  # fmt: skip
def test_learning_rates(name: str, values: dict[str, Any], expected: list[float]) -> None:
    assert rates(schedule(name, **values)) == pytest.approx(expected, rel=1e-9)


def test_a_plateau_of_the_validation_loss_lowers_the_rate() -> None:
    losses = [5.0, 4.0, 4.0, 4.0, 4.0, 3.0, 3.0, 3.0, 3.0, 3.0]
    found = rates(schedule("plateau", patience=2), losses)
    assert found == pytest.approx(by_epoch([1.0] * 5 + [0.1] * 4 + [0.01]))


def test_one_cycle_rises_and_falls() -> None:
    found = rates(schedule("onecycle"))
    top = max(range(30), key=lambda step: found[step])
    assert found[0] == pytest.approx(0.04)
    assert found[top] == pytest.approx(1.0, rel=0.01)
    assert top == 8
    assert found[-1] == pytest.approx(4e-6)
    assert found[: top + 1] == sorted(found[: top + 1])
    assert found[top:] == sorted(found[top:], reverse=True)


def test_one_cycle_moves_momentum_the_other_way() -> None:
    made = optimizer()
    cycle = schedule("onecycle", made, cycle_momentum=True)
    momenta = []
    for _ in range(30):
        momenta.append(made.param_groups[0]["momentum"])
        made.step()
        cycle.end_step()
    assert momenta[0] == pytest.approx(0.95)
    assert min(momenta) == pytest.approx(0.85, abs=0.01)


@pytest.mark.parametrize("name", ["exponential", "multistep", "cosine", "plateau", "onecycle"])
def test_after_a_resume_the_rates_are_the_same(name: str) -> None:
    whole = rates(schedule(name), [1.0] * EPOCHS)
    assert rates(schedule(name), [1.0] * EPOCHS, resumed_as=name) == whole


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("onecycle", {"cycle_momentum": True}, "schedule.cycle_momentum=true: the optimizer has no momentum; allowed is false"),
        ("plateau", {"interval": "step"}, "schedule.interval=step: allowed is epoch"),
        ("multistep", {"milestones": [0.3, 1.2]}, "schedule.milestones=[0.3,1.2]: allowed is a list, [A,B], of one or more different values, each a number"),
        ("multistep", {"milestones": [30, 60]}, "schedule.milestones=[30,60]: allowed is a list"),
        ("mine", {"_target_": "torch.optim.lr_scheduler.StepLR"}, "schedule.step_size: missing; torch.optim.lr_scheduler.StepLR needs it"),
        ("mine", {"_target_": "torch.optim.lr_scheduler.ReduceLROnPlateau", "interval": "step"}, "schedule.interval=step: the validation loss is known after an epoch; allowed is epoch"),
        ("mine", {"_target_": "builtins.list"}, "schedule._target_=builtins.list: "),
    ],
)  # fmt: skip
def test_schedules_that_cannot_be_are_refused(name: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        schedule(name, optimizer(momentum=0.0), **values)
    assert message in str(caught.value)


def test_a_schedule_that_fails_when_it_advances_is_refused() -> None:
    shipped = {"name": "mine", "interval": "epoch", "_target_": "torch.optim.lr_scheduler.LambdaLR"}
    settings = words.validate(AnySchedule, shipped | {"lr_lambda": "high"}, "schedule")
    with pytest.raises(InputError, match="^schedule"):
        check(settings, optimizer(), EPOCHS, STEPS)
