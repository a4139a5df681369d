"""The networks of the paper: N0, N1 and N1r for MNIST (Section 4.1), VGG-16 for CIFAR-10 (4.2).

The paper's notation: C3k2s32 is a convolution with 3x3 masks, stride 2 and 32 output maps, p keeps
the image's size by padding, D20 drops 20% of the values, F512 is a linear unit.
"""

import torch
from torch import Tensor, nn

from isbe_bench.data import seeding
from isbe_bench.data.torchvision_cpu import torchvision
from isbe_bench.errors import InputError
from isbe_bench.settings.architecture import Architecture, OwnArchitecture

Shape = tuple[int, int, int]  # channels, height, width


def make(arch: Architecture | OwnArchitecture, shape: Shape, classes: int) -> nn.Module:
    """The network `arch` for images of `shape` (channels, height, width) and `classes` classes.

    It maps (batch, *shape) images to (batch, classes) raw scores. Its weights come from PyTorch's
    global generator and its device is PyTorch's default device.

    Raises
    ------
    InputError
        Images that the layers cannot take, and the smallest that they can.
    """
    if isinstance(arch, OwnArchitecture):
        raise InputError(f"arch._target_={arch.target}: own networks cannot be made yet")
    layers = _LAYERS[arch.name](arch, shape[0])
    try:
        features = _feature_count(layers, shape)
    except RuntimeError:
        smallest = _smallest_side(layers, shape[0])
        raise InputError(
            f"arch.name={arch.name}: cannot take images of {shape[1]}x{shape[2]} pixels; "
            f"allowed is {smallest}x{smallest} or larger"
        ) from None
    return nn.Sequential(*layers, *_HEADS[arch.name](features, classes, arch.bias))


def initialised(
    arch: Architecture | OwnArchitecture, shape: Shape, classes: int, seed: int, device: torch.device
) -> nn.Module:
    """`make`, with the first weights that follow from `seed`, on `device`, in channels-last memory."""
    torch.manual_seed(seeding.derive(seed, "weights"))
    network = make(arch, shape, classes)
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _conv(
    arch: Architecture, inputs: int, outputs: int, kernel: int, stride: int = 1, pad: int = 0
) -> list[nn.Module]:
    """A convolution with what the suite puts behind each: batch norm (if asked) and ReLU."""
    norm = [nn.BatchNorm2d(outputs)] if arch.batch_norm else []
    # Batch norm subtracts the mean, and any bias with it.
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, pad, bias=not arch.batch_norm)
    return [convolution, *norm, nn.ReLU(inplace=True)]


def _pooling(arch: Architecture) -> nn.Module:
    return nn.Flatten() if arch.pooling == "flatten" else _Average()


class _Average(nn.Module):
    """(batch, C, H, W) -> (batch, C): the mean of each map.

    Unlike `AdaptiveAvgPool2d` it has a deterministic backward on CUDA.
    """

    def forward(self, maps: Tensor) -> Tensor:
        return maps.mean(dim=(2, 3))


def _n0(arch: Architecture, channels: int) -> list[nn.Module]:
    """C3k2s32 C3k2s64 D20, up to the vector that F512 reads."""
    return [
        *_conv(arch, channels, 32, kernel=3, stride=2),
        *_conv(arch, 32, 64, kernel=3, stride=2),
        nn.Dropout(0.2),
        _pooling(arch),
    ]


def _n1(arch: Architecture, channels: int) -> list[nn.Module]:
    """C3k32 C3k32 C5k2s32p D40 C3k64 C3k64 C5k2s64p D40 C4k128, up to the vector that F10 reads."""
    return [
        *_conv(arch, channels, 32, kernel=3),
        *_conv(arch, 32, 32, kernel=3),
        *_conv(arch, 32, 32, kernel=5, stride=2, pad=2),
        nn.Dropout(0.4),
        *_conv(arch, 32, 64, kernel=3),
        *_conv(arch, 64, 64, kernel=3),
        *_conv(arch, 64, 64, kernel=5, stride=2, pad=2),
        nn.Dropout(0.4),
        *_conv(arch, 64, 128, kernel=4),
        _pooling(arch),
    ]


def _vgg16(arch: Architecture, channels: int) -> list[nn.Module]:
    """Torchvision's VGG-16 feature extractor with torchvision's initial weights."""
    vgg = torchvision("models.vgg")
    features = vgg.make_layers(vgg.cfgs["D"], batch_norm=arch.batch_norm)
    if channels != 3:
        features[0] = nn.Conv2d(channels, 64, kernel_size=3, padding=1)
    for layer in features:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
    return [*features, _pooling(arch)]


def _linear_head(features: int, classes: int, bias: bool) -> list[nn.Module]:
    return [nn.Linear(features, classes, bias=bias)]


def _n0_head(features: int, classes: int, bias: bool) -> list[nn.Module]:
    return [nn.Linear(features, 512), nn.ReLU(inplace=True), nn.Linear(512, classes, bias=bias)]


_LAYERS = {"n0": _n0, "n1": _n1, "n1r": _n1, "vgg16": _vgg16}
_HEADS = {"n0": _n0_head, "n1": _linear_head, "n1r": _linear_head, "vgg16": _linear_head}


def _feature_count(layers: list[nn.Module], shape: Shape) -> int:
    """How many values a vector has behind `layers`; RuntimeError if the images are too small."""
    # On the meta device only shapes are computed; evaluation mode leaves batch statistics alone.
    meta = nn.Sequential(*layers)
    with torch.no_grad():
        shapes = torch.func.functional_call(
            meta.eval(),
            {name: value.to("meta") for name, value in meta.state_dict().items()},
            (torch.empty(1, *shape, device="meta"),),
        )
    meta.train()
    if shapes.shape[1] == 0:
        raise RuntimeError("no features are left")
    return int(shapes.shape[1])


def _smallest_side(layers: list[nn.Module], channels: int) -> int:
    for side in range(1, 1024):
        try:
            _feature_count(layers, (channels, side, side))
        except RuntimeError:
            continue
        return side
    raise AssertionError("no square image is large enough")
