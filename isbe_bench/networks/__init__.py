"""The networks: one module each, chosen by name, or a user's own."""

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from isbe_bench import classifiers
from isbe_bench.data import seeding
from isbe_bench.data.images import Shape
from isbe_bench.errors import InputError
from isbe_bench.networks import airbench, n0, n1, own, perceptron, resnet, vgg16, vgg_zhu
from isbe_bench.networks.layers import TooSmallError, feature_count
from isbe_bench.networks.network import Network, PreparedBody
from isbe_bench.settings.architecture import BuiltInArchitecture
from isbe_bench.settings.classifier import LINEAR, Classifier
from isbe_bench.settings.own import OwnPart

_PREPARING_IMAGES = 5_000


class Layers(Protocol):
    """A module with the layers of one network."""

    def body(self, arch: Any, shape: Shape) -> nn.Module:
        """From images (batch, *shape) to features (batch, D); TooSmallError if they are too small."""


_NETWORKS: dict[str, Layers] = {
    "n0": n0,
    "n1": n1,
    "n1r": n1,
    "vgg16": vgg16,
    "resnet18": resnet,
    "resnet50": resnet,
    "vgg_zhu": vgg_zhu,
    "perceptron": perceptron,
    "airbench": airbench,
}


def make(
    arch: BuiltInArchitecture | OwnPart,
    shape: Shape,
    classes: int,
    classifier: Classifier = LINEAR,
) -> nn.Module:
    """The network `arch` for images of `shape` (channels, height, width) and `classes` classes.

    It maps (batch, *shape) images to (batch, classes) raw scores. Its weights come from PyTorch's
    global generator, those of the classifier last, so that networks which differ in it begin with the
    same features; its device is PyTorch's default device.

    Raises
    ------
    InputError
        Images that are too small for the layers, with the smallest size that is allowed; a classifier
        that does not fit.
    """
    if isinstance(arch, OwnPart):
        return own.make(arch, shape, classes, classifier)
    layers = _NETWORKS[arch.name]
    try:
        body = layers.body(arch, shape)
        features = feature_count(body, shape)
    except TooSmallError:
        smallest = _smallest_side(layers, arch, shape[0])
        raise InputError(
            f"arch.name={arch.name}: cannot take images of {shape[1]}x{shape[2]} pixels; "
            f"allowed is {smallest}x{smallest} or larger"
        ) from None
    made = classifiers.make(classifier, features, classes, arch.bias)
    return Network(body, made, features)


def initialised(
    arch: BuiltInArchitecture | OwnPart,
    shape: Shape,
    classes: int,
    seed: int,
    device: torch.device,
    classifier: Classifier = LINEAR,
) -> nn.Module:
    """`make`, with initial weights drawn from `seed`, on `device`, in channels-last memory."""
    seeding.seed_all(seeding.derive(seed, "weights"))
    network = make(arch, shape, classes, classifier)
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def prepare(network: nn.Module, images: Callable[[int], Tensor]) -> None:
    """Set the initial weights that follow from training images, if the network has any.

    `images` gives that many of them, (n, C, H, W), normalised and not augmented.
    """
    for layer in _prepared(network):
        layer.prepare(images(_PREPARING_IMAGES))


def begin_epoch(network: nn.Module, number: int) -> None:
    """Prepare the network for an epoch; the first has the number 1."""
    for layer in _prepared(network):
        layer.begin_epoch(number)


def compile_body(network: nn.Module) -> None:
    """Let `torch.compile` make the network's phases when it first runs, with each batch size.

    Of a user's own network all of it, else all but the classifier, whose input other code looks at.
    """
    part = network.body if isinstance(network, Network) else network
    torch._dynamo.reset()  # which counts how often it compiles a function, over all runs of a process
    forward = part.forward

    def phases(images: Tensor) -> Any:
        return forward(images)

    # Not `part.compile()`: of a Sequential that compiles nothing, since its own forward is PyTorch's.
    part.forward = torch.compile(phases, dynamic=False)


def _prepared(network: nn.Module) -> list[PreparedBody]:
    return [layer for layer in network.modules() if isinstance(layer, PreparedBody)]


def _smallest_side(layers: Layers, arch: BuiltInArchitecture, channels: int) -> int:
    for side in range(1, 1024):
        shape = (channels, side, side)
        try:
            feature_count(layers.body(arch, shape), shape)
        except TooSmallError:
            continue
        return side
    raise AssertionError("no square image is large enough")
