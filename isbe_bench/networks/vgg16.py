"""VGG-16, the paper's network for CIFAR-10 (Section 4.2), with torchvision's feature extractor."""

from torch import nn

from isbe_bench.data.images import Shape
from isbe_bench.networks.layers import pooling
from isbe_bench.parts.torchvision_cpu import torchvision
from isbe_bench.settings.architecture import Architecture


def body(arch: Architecture, shape: Shape) -> nn.Sequential:
    """Torchvision's layers and initial weights, up to the vector of 512 features for 32x32 pixels."""
    vgg = torchvision("models.vgg")
    layers = vgg.make_layers(vgg.cfgs["D"], batch_norm=arch.batch_norm)
    if shape[0] != 3:
        layers[0] = nn.Conv2d(shape[0], 64, kernel_size=3, padding=1)
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers, pooling(arch.pooling))
