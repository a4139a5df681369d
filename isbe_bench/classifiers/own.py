"""A user's own classifier, named by `_target_`."""

from collections.abc import Collection

import torch
from torch import Tensor, nn

from isbe_bench.errors import InputError, describe_error
from isbe_bench.parts import targets
from isbe_bench.settings.own import OwnPart

_GROUP = "classifier"


def make(classifier: OwnPart, features: int, classes: int) -> nn.Module:
    """Call the target with its parameters and, where its signature names them, these:

    `in_features` or `num_features`; `out_features`, `num_classes` or `classes`. The result maps features
    (batch, D) to scores (batch, K).

    Raises
    ------
    InputError
        A target or a parameter that does not fit, a target that fails, or a result that is no module.
    """
    supplied = dict.fromkeys(("in_features", "num_features"), features)
    supplied |= dict.fromkeys(("out_features", "num_classes", "classes"), classes)
    target = targets.prepare(_GROUP, classifier, supplied)
    result = target.create()
    if not isinstance(result, nn.Module):
        raise InputError(
            f"{target.key}: returns {type(result).__name__}; allowed is a target that returns a "
            "torch.nn.Module"
        )
    return result


def check(classifier: OwnPart, features: int, classes: int, batch_sizes: Collection[int]) -> None:
    """Try the classifier in training mode on features, in batches of these sizes.

    Raises
    ------
    InputError
        As `make`, or a classifier that fails, or returns something else than scores (batch, K).
    """
    key = f"{_GROUP}._target_={classifier.target}"
    with torch.random.fork_rng(devices=[]):
        module = make(classifier, features, classes).train()
        for size in batch_sizes:
            shape = size, features
            try:
                scores = module(torch.randn(shape))
            except Exception as error:
                raise InputError(
                    f"{key}: fails on features of shape {shape} ({describe_error(error)})"
                ) from error
            if not isinstance(scores, Tensor) or tuple(scores.shape) != (size, classes):
                found = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
                raise InputError(
                    f"{key}: returns {found} for features of shape {shape}; allowed are scores of shape "
                    f"{(size, classes)}"
                )
