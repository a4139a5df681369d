"""N0, the paper's small network for MNIST (Section 4.1)."""

from torch import nn

from isbe_bench.data.images import Shape
from isbe_bench.networks.layers import convolution, feature_count, pooling
from isbe_bench.settings.architecture import Architecture


def body(arch: Architecture, shape: Shape) -> nn.Sequential:
    """C3k2s32 C3k2s64 D20 F512, up to the vector that F10 reads."""
    maps = nn.Sequential(
        *convolution(arch, shape[0], 32, kernel=3, stride=2),
        *convolution(arch, 32, 64, kernel=3, stride=2),
        nn.Dropout(0.2),
        pooling(arch.pooling),
    )
    return nn.Sequential(*maps, nn.Linear(feature_count(maps, shape), 512), nn.ReLU(inplace=True))
