"""A reading of "VGG" in Zhu et al. 2020: that of the group's later public code."""

from torch import nn

from isbe_bench.data.images import Shape
from isbe_bench.networks.layers import feature_count
from isbe_bench.settings.architecture import VggZhu

_FEATURES = 512
_GROUP = 4  # convolutions


def body(arch: VggZhu, shape: Shape) -> nn.Sequential:
    """One convolution, three groups of four with max-pooling, and 512 features with a batch norm."""
    width, layers = arch.width, _convolution(shape[0], arch.width)
    inputs = width
    for outputs in (width, 2 * width, 4 * width):
        for _ in range(_GROUP):
            layers += _convolution(inputs, outputs)
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    maps = nn.Sequential(*layers, nn.Flatten())
    linear = nn.Linear(feature_count(maps, shape), _FEATURES, bias=False)
    return nn.Sequential(*maps, linear, nn.BatchNorm1d(_FEATURES, affine=False))


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.PReLU()]
