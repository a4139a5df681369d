"""N1, the paper's larger network for MNIST (Section 4.1), and N1r, which has a bias in its last unit."""

from torch import nn

from isbe_bench.data.images import Shape
from isbe_bench.networks.layers import convolution, pooling
from isbe_bench.settings.architecture import Architecture


def body(arch: Architecture, shape: Shape) -> nn.Sequential:
    """C3k32 C3k32 C5k2s32p D40 C3k64 C3k64 C5k2s64p D40 C4k128, up to the vector that F10 reads."""
    return nn.Sequential(
        *convolution(arch, shape[0], 32, kernel=3),
        *convolution(arch, 32, 32, kernel=3),
        *convolution(arch, 32, 32, kernel=5, stride=2, pad=2),
        nn.Dropout(0.4),
        *convolution(arch, 32, 64, kernel=3),
        *convolution(arch, 64, 64, kernel=3),
        *convolution(arch, 64, 64, kernel=5, stride=2, pad=2),
        nn.Dropout(0.4),
        *convolution(arch, 64, 128, kernel=4),
        pooling(arch.pooling),
    )
