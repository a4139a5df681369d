"""The features that a network's classifier makes scores of."""

from typing import Any

import torch
from torch import Tensor, nn

from isbe_bench.data.images import Shape
from isbe_bench.errors import InputError
from isbe_bench.networks.network import Network

_MARK = "_isbe_bench_classifier"


def classifier(network: nn.Module, classes: int) -> nn.Module:
    """The classifier of a network; of a user's own with one inside, its last fitting linear layer.

    A linear layer fits if it has as many outputs as there are classes.

    Raises
    ------
    InputError
        There is none.
    """
    if isinstance(network, Network):
        return network.classifier
    if (mark := getattr(network, _MARK, None)) is not None:
        return network.get_submodule(mark[0])
    return network.get_submodule(classifier_name(network, classes))


def classifier_name(network: nn.Module, classes: int) -> str:
    """The dotted name of the last linear layer with as many outputs as there are classes.

    Raises
    ------
    InputError
        There is none.
    """
    fitting: list[str] = [
        name
        for name, each in network.named_modules()
        if isinstance(each, nn.Linear) and each.out_features == classes
    ]
    if not fitting:
        raise InputError(
            f"arch: no linear layer of the network has {classes} outputs, to take features from or to "
            "replace by another classifier; allowed is a network with such a layer, or one that yields "
            "features"
        )
    return fitting[-1]


def feature_width(network: nn.Module, classes: int) -> int:
    """D, the number of features that the classifier of a network takes; InputError as `classifier`."""
    if isinstance(network, Network):
        return network.in_features
    if (mark := getattr(network, _MARK, None)) is not None:
        return int(mark[1])
    return int(classifier(network, classes).in_features)  # type: ignore[arg-type]


def mark(network: nn.Module, name: str, width: int) -> None:
    """Remember which module of a user's own network took the place of its classifier, and its D."""
    setattr(network, _MARK, (name, width))


class NoVectorError(Exception):
    """A network yields something other than one vector an image; the text says what."""


class FeatureTap:
    """Keeps the features, the input of a network's classifier, at each forward pass."""

    def __init__(self, network: nn.Module, classes: int) -> None:
        self._kept: tuple[Tensor, ...] = ()
        classifier(network, classes).register_forward_pre_hook(self._keep)

    def __call__(self) -> tuple[Tensor, ...]:
        """The features of the last forward pass, (batch, D), as the only member of a tuple."""
        return self._kept

    def _keep(self, layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._kept = inputs[:1]


def count(network: nn.Module, shape: Shape) -> int:
    """The number of features that a network yields for an image of `shape`.

    Raises
    ------
    NoVectorError
        It yields something other than one vector an image.
    """
    features = outputs(network, shape)
    if not isinstance(features, Tensor) or features.ndim != 2 or len(features) != 2:
        shown = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
        raise NoVectorError(f"{shown} for 2 images")
    return features.shape[1]


def outputs(network: nn.Module, shape: Shape) -> Any:
    """What a network yields for two images of `shape`; lazy layers get their weights by it."""
    was_training = network.training
    with torch.no_grad():
        result = network.eval()(torch.zeros(2, *shape))
    network.train(was_training)
    return result
