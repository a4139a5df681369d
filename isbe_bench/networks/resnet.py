"""ResNet-18 and ResNet-50 (He et al. 2016), of torchvision's blocks, with a stem for small images."""

from typing import Any

from torch import nn

from isbe_bench.data.images import Shape
from isbe_bench.networks.layers import pooling
from isbe_bench.parts.torchvision_cpu import torchvision
from isbe_bench.settings.architecture import ResNet

_BLOCKS = {"resnet18": ("BasicBlock", (2, 2, 2, 2)), "resnet50": ("Bottleneck", (3, 4, 6, 3))}
"""Torchvision's class, and the number of blocks in each stage."""


def body(arch: ResNet, shape: Shape) -> nn.Sequential:
    """Stem, four stages with `width` to 8 times `width` maps, and pooling; torchvision's weights."""
    kind, counts = _BLOCKS[arch.name]
    block = getattr(torchvision("models.resnet"), kind)
    maps, layers = arch.width, _stem(arch, shape[0])
    for stage, count in enumerate(counts):
        width = arch.width * 2**stage
        for number in range(count):
            layers.append(_block(block, maps, width, stride=2 if stage and not number else 1))
            maps = width * block.expansion
    network = nn.Sequential(*layers, pooling(arch.pooling))
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return network


def _stem(arch: ResNet, channels: int) -> list[nn.Module]:
    norm = [nn.BatchNorm2d(arch.width), nn.ReLU(inplace=True)]
    if arch.stem == "cifar":
        return [nn.Conv2d(channels, arch.width, 3, padding=1, bias=False), *norm]
    convolution = nn.Conv2d(channels, arch.width, 7, stride=2, padding=3, bias=False)
    return [convolution, *norm, nn.MaxPool2d(3, stride=2, padding=1)]


def _block(block: Any, inputs: int, width: int, stride: int) -> nn.Module:
    """A block; where it changes the size of the maps or their number, with a projection beside it."""
    outputs, projection = width * block.expansion, None
    if stride != 1 or inputs != outputs:
        convolution = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
        projection = nn.Sequential(convolution, nn.BatchNorm2d(outputs))
    made: nn.Module = block(inputs, width, stride, projection)
    return made
