"""Optimisers: those that the package ships against torch's, a user's own, and those that are refused."""

from typing import Any

import pytest
import torch
from torch import nn

from isbe_bench.errors import InputError
from isbe_bench.settings import composition, words
from isbe_bench.settings.optimizer import AnyOptimizer, Optimizer
from isbe_bench.training import optimizers


def settings(name: str, **values: Any) -> Optimizer:
    shipped: dict[str, Any] = {"name": name}
    if "_target_" not in values:
        shipped = composition.values(composition.defaults((f"optimizer={name}",)))["optimizer"]
    chosen: Optimizer = words.validate(AnyOptimizer, shipped | {"lr": 0.1} | values, "optimizer")
    return chosen


def trained(make: Any) -> torch.Tensor:
    """A weight after a few steps down a bowl."""
    weight = nn.Parameter(torch.tensor([[1.0, -2.0], [3.0, 0.5]], dtype=torch.float64))
    optimizer = make([weight])
    for _ in range(5):
        optimizer.zero_grad()
        (weight**4).sum().backward()
        optimizer.step()
    return weight.detach()


@pytest.mark.parametrize(
    ("chosen", "reference"),
    [
        (settings("adam", lr=0.01), lambda weights: torch.optim.Adam(weights, lr=0.01)),
        (settings("adam", beta1=0.5, weight_decay=0.1), lambda weights: torch.optim.Adam(weights, lr=0.1, betas=(0.5, 0.999), weight_decay=0.1)),
        (settings("adamw", weight_decay=0.1), lambda weights: torch.optim.AdamW(weights, lr=0.1, weight_decay=0.1)),
        (settings("sgd", lr=0.001), lambda weights: torch.optim.SGD(weights, lr=0.001, momentum=0.9)),
        (settings("heavy_ball", lr=0.001, rise=0, weight_decay=0.5), lambda weights: torch.optim.SGD(weights, lr=0.001, momentum=0.99, weight_decay=0.5)),
        (settings("sgd", lr=0.001, nesterov=True, weight_decay=0.5), lambda weights: torch.optim.SGD(weights, lr=0.001, momentum=0.9, nesterov=True, weight_decay=0.5)),
        (settings("airbench_sgd", lr=0.001, weight_decay=0.5), lambda weights: torch.optim.SGD(weights, lr=0.001, momentum=0.85, nesterov=True, weight_decay=0.5)),
        (settings("mine", _target_="torch.optim.RMSprop", lr=0.01, alpha=0.9), lambda weights: torch.optim.RMSprop(weights, lr=0.01, alpha=0.9)),
    ],
)  # fmt: skip
def test_the_steps_are_those_of_torch(chosen: Optimizer, reference: Any) -> None:
    optimizers.tried(chosen, nn.Linear(2, 2))
    ours = trained(lambda weights: optimizers.make(chosen, nn.ParameterList(weights)))
    torch.testing.assert_close(ours, trained(reference))


def test_biases_of_batch_norms_learn_faster_and_decay_alike() -> None:
    linear, norm = nn.Linear(2, 3), nn.BatchNorm1d(3)
    network = nn.Sequential(linear, norm, nn.BatchNorm1d(3, affine=False))
    chosen = settings("airbench_sgd", lr=0.1, weight_decay=0.5, norm_bias_lr_ratio=64.0)
    optimizer = optimizers.make(chosen, network)
    for weight in network.parameters():
        nn.init.ones_(weight)
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    # The first step of Nesterov's momentum: lr (1 + momentum) (gradient + decay * weight).
    for weight in (*linear.parameters(), norm.weight):
        torch.testing.assert_close(weight, torch.full_like(weight, 1 - 0.1 * 1.85 * 1.5))
    expected = torch.full_like(norm.bias, 1 - 0.1 * 1.85 * (64 + 0.5))
    torch.testing.assert_close(norm.bias, expected)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("sgd", {"nesterov": True, "momentum": 0.0}, "optimizer.nesterov=true: needs momentum; allowed is optimizer.momentum above 0"),
        ("mine", {"_target_": "torch.optim.LBFGS"}, "optimizer._target_=torch.optim.LBFGS: its step needs a closure; allowed is"),
        ("mine", {"_target_": "torch.optim.SGDD"}, "torch.optim has no SGDD; did you mean SGD?"),
        ("mine", {"_target_": "torch.nn.Linear", "lr": 1}, "optimizer.lr=1: torch.nn.Linear has no parameter lr"),
        ("mine", {"_target_": "torch.optim.SGD", "momentun": 0.9}, "optimizer.momentun=0.9: torch.optim.SGD has no parameter momentun; did you mean momentum?"),
        ("mine", {"_target_": "torch.optim.SGD", "lr": -1.0}, "optimizer._target_=torch.optim.SGD: cannot be built (ValueError: Invalid learning rate: -1.0)"),
        ("mine", {"_target_": "torch.optim.SparseAdam"}, "optimizer.name=mine: its step fails (RuntimeError: SparseAdam does not support dense"),
        ("mine", {"_target_": "builtins.dict"}, "returns dict; allowed is a target that returns a torch.optim.Optimizer"),
    ],
)  # fmt: skip
def test_optimizers_that_cannot_train_are_refused(
    name: str, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        optimizers.tried(settings(name, **values), nn.Linear(2, 2))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
