"""N0, the paper's small network for MNIST (Section 4.1)."""

from torch import nn

from isbe_bench.networks.layers import convolution, pooling
from isbe_bench.settings.architecture import Architecture


def body(arch: Architecture, channels: int) -> list[nn.Module]:
    """C3k2s32 C3k2s64 D20, up to the vector that F512 reads."""
    return [
        *convolution(arch, channels, 32, kernel=3, stride=2),
        *convolution(arch, 32, 64, kernel=3, stride=2),
        nn.Dropout(0.2),
        pooling(arch),
    ]


def head(features: int, classes: int, bias: bool) -> list[nn.Module]:
    """F512 F10."""
    return [nn.Linear(features, 512), nn.ReLU(inplace=True), nn.Linear(512, classes, bias=bias)]
