"""Layers that the networks share.

The paper's notation in the docstrings of the networks: C3k2s32 is a convolution with 3x3 masks, stride 2
and 32 output maps, p pads to keep the image's size, D20 drops 20% of the values, F512 is a linear unit.
"""

import torch
from torch import Tensor, nn

from isbe_bench.data.images import Shape
from isbe_bench.settings.architecture import Architecture, Pooling


class TooSmallError(Exception):
    """The images are too small for the layers."""


def convolution(
    arch: Architecture, inputs: int, outputs: int, kernel: int, stride: int = 1, pad: int = 0
) -> list[nn.Module]:
    """A convolution, batch norm if `arch` asks for it, and ReLU."""
    norm = [nn.BatchNorm2d(outputs)] if arch.batch_norm else []
    # A bias before batch norm has no effect: the mean is subtracted.
    linear = nn.Conv2d(inputs, outputs, kernel, stride, pad, bias=not arch.batch_norm)
    return [linear, *norm, nn.ReLU(inplace=True)]


def pooling(kind: Pooling) -> nn.Module:
    """From the last maps (batch, C, H, W) to a vector: (batch, C * H * W), or (batch, C) on average."""
    return nn.Flatten() if kind == "flatten" else _Average()


def feature_count(body: nn.Module, shape: Shape) -> int:
    """The length of the vector that layers make of an image of `shape`.

    Raises
    ------
    TooSmallError
        The images are too small for the layers.
    """
    # Of one black image, with weights of zero. The meta device needs neither, but a second to load.
    # Evaluation mode leaves batch statistics alone.
    layers = body.eval()
    with torch.device("cpu"), torch.no_grad():
        weights = {name: torch.zeros(value.shape) for name, value in layers.state_dict().items()}
        try:
            features = torch.func.functional_call(layers, weights, (torch.zeros(1, *shape),))
        except RuntimeError as error:
            raise TooSmallError from error
    layers.train()
    if features.shape[1] == 0:
        raise TooSmallError
    return int(features.shape[1])


class _Average(nn.Module):
    """(batch, C, H, W) -> (batch, C): the mean of each map.

    Unlike `AdaptiveAvgPool2d` it has a deterministic backward on CUDA.
    """

    def forward(self, maps: Tensor) -> Tensor:
        return maps.mean(dim=(2, 3))
