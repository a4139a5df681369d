"""The networks: one module each, chosen by name, or a user's own."""

from typing import Protocol

import torch
from torch import nn

from isbe_bench.data import seeding
from isbe_bench.data.images import Shape
from isbe_bench.errors import InputError
from isbe_bench.networks import n0, n1, own, vgg16
from isbe_bench.settings.architecture import Architecture
from isbe_bench.settings.own import OwnPart


class Layers(Protocol):
    """A module with the layers of one network."""

    def body(self, arch: Architecture, channels: int) -> list[nn.Module]:
        """From images (batch, channels, H, W) to features (batch, D)."""

    def head(self, features: int, classes: int, bias: bool) -> list[nn.Module]:
        """From features (batch, D) to raw scores (batch, K); `bias` is that of the last linear unit."""


_NETWORKS: dict[str, Layers] = {"n0": n0, "n1": n1, "n1r": n1, "vgg16": vgg16}


def make(arch: Architecture | OwnPart, shape: Shape, classes: int) -> nn.Module:
    """The network `arch` for images of `shape` (channels, height, width) and `classes` classes.

    It maps (batch, *shape) images to (batch, classes) raw scores. Its weights come from PyTorch's
    global generator and its device is PyTorch's default device.

    Raises
    ------
    InputError
        Images that are too small for the layers, with the smallest size that is allowed.
    """
    if not isinstance(arch, Architecture):
        return own.make(arch, shape, classes)
    layers = _NETWORKS[arch.name]
    body = layers.body(arch, shape[0])
    try:
        features = _feature_count(body, shape)
    except RuntimeError:
        smallest = _smallest_side(body, shape[0])
        raise InputError(
            f"arch.name={arch.name}: cannot take images of {shape[1]}x{shape[2]} pixels; "
            f"allowed is {smallest}x{smallest} or larger"
        ) from None
    return nn.Sequential(*body, *layers.head(features, classes, arch.bias))


def initialised(
    arch: Architecture | OwnPart, shape: Shape, classes: int, seed: int, device: torch.device
) -> nn.Module:
    """`make`, with initial weights drawn from `seed`, on `device`, in channels-last memory."""
    seeding.seed_all(seeding.derive(seed, "weights"))
    network = make(arch, shape, classes)
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _feature_count(body: list[nn.Module], shape: Shape) -> int:
    """The length of a feature vector; RuntimeError if the images are too small."""
    # Of one black image, with weights of zero. The meta device needs neither, but a second to load.
    # Evaluation mode leaves batch statistics alone.
    layers = nn.Sequential(*body).eval()
    with torch.device("cpu"), torch.no_grad():
        weights = {name: torch.zeros(value.shape) for name, value in layers.state_dict().items()}
        features = torch.func.functional_call(layers, weights, (torch.zeros(1, *shape),))
    layers.train()
    if features.shape[1] == 0:
        raise RuntimeError("no features are left")
    return int(features.shape[1])


def _smallest_side(body: list[nn.Module], channels: int) -> int:
    for side in range(1, 1024):
        try:
            _feature_count(body, (channels, side, side))
        except RuntimeError:
            continue
        return side
    raise AssertionError("no square image is large enough")
