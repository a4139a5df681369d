"""The optimisers that the settings describe."""

import inspect

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

from isbe_bench.errors import InputError, describe_error
from isbe_bench.parts import targets
from isbe_bench.settings.optimizer import Adam, AirbenchSgd, OwnOptimizer, Sgd
from isbe_bench.settings.optimizer import HeavyBall as HeavyBallSettings
from isbe_bench.settings.optimizer import Optimizer as Settings
from isbe_bench.training.heavy_ball import HeavyBall

_GROUP = "optimizer"
_ADAMS: dict[str, type[torch.optim.Adam]] = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def make(settings: Settings, modules: nn.Module) -> Optimizer:
    """The optimiser of the weights of these modules.

    A user's own is called with the weights and its parameters.

    Raises
    ------
    InputError
        Parameters that contradict one another, or an optimiser that cannot be built.
    """
    weights = list(modules.parameters())
    if isinstance(settings, OwnOptimizer):
        return _own(settings, weights)
    if isinstance(settings, AirbenchSgd):
        return _airbench_sgd(settings, modules)
    if isinstance(settings, Adam):
        return _ADAMS[settings.name](
            weights,
            lr=settings.lr,
            betas=(settings.beta1, settings.beta2),
            eps=settings.eps,
            weight_decay=settings.weight_decay,
            fused=True,
        )
    if isinstance(settings, HeavyBallSettings):
        return HeavyBall(weights, settings.lr, settings.momentum, settings.rise, settings.weight_decay)
    return torch.optim.SGD(
        weights,
        lr=settings.lr,
        momentum=settings.momentum,
        nesterov=settings.nesterov,
        weight_decay=settings.weight_decay,
        fused=True,
    )


def tried(settings: Settings, network: nn.Module) -> Optimizer:
    """Check the parameters, and return an optimiser that has made a step with a small weight.

    Raises
    ------
    InputError
        As `make`, or a user's own optimiser that does not take the weights of `network`, or whose step
        fails or needs a closure.
    """
    if isinstance(settings, Sgd) and settings.nesterov and not settings.momentum:
        raise InputError(
            "optimizer.nesterov=true: needs momentum; allowed is optimizer.momentum above 0"
        )
    if isinstance(settings, OwnOptimizer):
        make(settings, network)
    weight = nn.Parameter(torch.ones(2, 2))
    optimizer = make(settings, nn.ParameterList([weight]))
    weight.grad = torch.ones(2, 2)
    try:
        optimizer.step()
    except Exception as error:
        key = f"{_GROUP}.name={settings.name}"
        raise InputError(f"{key}: its step fails ({describe_error(error)})") from error
    return optimizer


def _airbench_sgd(settings: AirbenchSgd, modules: nn.Module) -> Optimizer:
    """SGD with a group of its own for the biases of batch norms."""
    norms = [each for each in modules.modules() if isinstance(each, _BatchNorm)]
    biases = [norm.bias for norm in norms if norm.bias is not None]
    others = [weight for weight in modules.parameters() if all(weight is not bias for bias in biases)]
    ratio = settings.norm_bias_lr_ratio
    groups = [
        {"params": others, "lr": settings.lr, "weight_decay": settings.weight_decay},
        # A step decays by lr times weight_decay: the same for both groups.
        {"params": biases, "lr": ratio * settings.lr, "weight_decay": settings.weight_decay / ratio},
    ]
    groups = [group for group in groups if group["params"]]
    return torch.optim.SGD(groups, momentum=settings.momentum, nesterov=True, fused=True)


def _own(settings: OwnOptimizer, weights: list[nn.Parameter]) -> Optimizer:
    target = targets.prepare(_GROUP, settings, {}, positional=1)
    optimizer = target.create(weights)
    if not isinstance(optimizer, Optimizer):
        raise InputError(
            f"{target.key}: returns {type(optimizer).__name__}; allowed is a target that returns a "
            "torch.optim.Optimizer"
        )
    closure = inspect.signature(type(optimizer).step).parameters.get("closure")
    if closure is not None and closure.default is closure.empty:
        raise InputError(
            f"{target.key}: its step needs a closure; allowed is an optimizer whose step does not"
        )
    return optimizer
