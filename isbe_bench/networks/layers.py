"""Layers that the networks share.

The paper's notation in the docstrings of the networks: C3k2s32 is a convolution with 3x3 masks, stride 2
and 32 output maps, p pads to keep the image's size, D20 drops 20% of the values, F512 is a linear unit.
"""

from torch import Tensor, nn

from isbe_bench.settings.architecture import Architecture


def convolution(
    arch: Architecture, inputs: int, outputs: int, kernel: int, stride: int = 1, pad: int = 0
) -> list[nn.Module]:
    """A convolution, batch norm if `arch` asks for it, and ReLU."""
    norm = [nn.BatchNorm2d(outputs)] if arch.batch_norm else []
    # A bias before batch norm has no effect: the mean is subtracted.
    linear = nn.Conv2d(inputs, outputs, kernel, stride, pad, bias=not arch.batch_norm)
    return [linear, *norm, nn.ReLU(inplace=True)]


def pooling(arch: Architecture) -> nn.Module:
    """From the last maps (batch, C, H, W) to a vector: (batch, C * H * W), or (batch, C) on average."""
    return nn.Flatten() if arch.pooling == "flatten" else _Average()


def linear_head(features: int, classes: int, bias: bool) -> list[nn.Module]:
    """A single linear unit from features to scores."""
    return [nn.Linear(features, classes, bias=bias)]


class _Average(nn.Module):
    """(batch, C, H, W) -> (batch, C): the mean of each map.

    Unlike `AdaptiveAvgPool2d` it has a deterministic backward on CUDA.
    """

    def forward(self, maps: Tensor) -> Tensor:
        return maps.mean(dim=(2, 3))
