"""The networks: their sizes, what images they take, and what they refuse."""

from typing import Any

import pytest
import torch
from torch import nn

from isbe_bench import networks
from isbe_bench.data.images import Shape
from isbe_bench.errors import InputError
from isbe_bench.networks.network import Network
from isbe_bench.settings import composition, words
from isbe_bench.settings.architecture import AnyArchitecture, Architecture

BIAS = {"n0": False, "n1": False, "n1r": True, "vgg16": True}
OTHERS = ("resnet18", "resnet50", "vgg_zhu", "perceptron")


def make(name: str, shape: Shape, classes: int = 10, **options: Any) -> nn.Module:
    arch = Architecture(
        name=name,
        batch_norm=options.get("batch_norm", True),
        bias=BIAS[name],
        pooling=options.get("pooling", "flatten"),
    )
    return networks.make(arch, shape, classes)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("name", "shape", "count"),
    [
        ("n0", (1, 28, 28), 1_204_192),
        ("n1", (1, 28, 28), 325_984),
        ("n1r", (1, 28, 28), 325_994),
        ("vgg16", (3, 32, 32), 14_723_136 + 512 * 10 + 10),
    ],
)
def test_parameter_counts(name: str, shape: Shape, count: int) -> None:
    assert parameters(make(name, shape)) == count


def other(name: str, shape: Shape, classes: int = 10, **options: Any) -> nn.Module:
    arch = words.validate(AnyArchitecture, composition.choice("arch", name) | options, "arch")
    return networks.make(arch, shape, classes)


@pytest.mark.parametrize(
    ("name", "shape", "classes", "count"),
    [
        ("resnet18", (3, 32, 32), 10, 11_173_962),
        ("resnet18", (3, 32, 32), 100, 11_220_132),
        ("resnet50", (3, 32, 32), 10, 23_520_842),
        ("resnet50", (3, 64, 64), 100, 23_705_252),
        # 13 convolutions, their batch norms and PReLUs, 6144 x 512, 512 x 100 + 100
        ("vgg_zhu", (3, 32, 32), 100, 6_140_448 + 5_568 + 13 + 3_145_728 + 51_300),
        ("perceptron", (1, 28, 28), 10, 784 * 512 + 2 * 512 + 512 * 10 + 10),
    ],
)
def test_parameter_counts_of_other_networks(name: str, shape: Shape, classes: int, count: int) -> None:
    assert parameters(other(name, shape, classes)) == count


def test_resnet_with_the_stem_of_imagenet_has_torchvisions_parameters() -> None:
    assert parameters(other("resnet18", (3, 64, 64), 1000, stem="imagenet")) == 11_689_512
    assert parameters(other("resnet50", (3, 64, 64), 1000, stem="imagenet")) == 25_557_032


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 33, 47)])
def test_other_networks_take_images_of_any_size(name: str, shape: Shape) -> None:
    slim = {} if name == "perceptron" else {"width": 8}
    assert other(name, shape, 7, **slim)(torch.zeros(2, *shape)).shape == (2, 7)


def test_a_perceptron_without_hidden_units_is_linear() -> None:
    assert parameters(other("perceptron", (1, 4, 4), 3, hidden=[])) == 16 * 3 + 3


def test_n1_sizes() -> None:
    """26, 24, 12, 10, 8, 4, 1: the sizes of the maps behind N1's convolutions."""
    maps = torch.zeros(2, 1, 28, 28)
    sizes = []
    network = make("n1", (1, 28, 28))
    assert isinstance(network, Network)
    assert isinstance(network.body, nn.Sequential)
    for layer in network.body:
        maps = layer(maps)
        if isinstance(layer, nn.Conv2d):
            sizes.append(maps.shape[-1])
    assert sizes == [26, 24, 12, 10, 8, 4, 1]


@pytest.mark.parametrize("name", list(BIAS))
@pytest.mark.parametrize("shape", [(1, 64, 64), (3, 33, 47)])
@pytest.mark.parametrize("pooling", ["flatten", "average"])
def test_any_size_and_class_count(name: str, shape: Shape, pooling: str) -> None:
    network = make(name, shape, classes=7, pooling=pooling)
    assert network(torch.zeros(2, *shape)).shape == (2, 7)


def test_average_pooling_gives_n0_64_features() -> None:
    linear = [
        layer
        for layer in make("n0", (1, 28, 28), pooling="average").modules()
        if isinstance(layer, nn.Linear)
    ]
    assert linear[0].in_features == 64


@pytest.mark.parametrize(("name", "smallest"), [("n0", 7), ("n1", 25), ("n1r", 25), ("vgg16", 32)])
def test_smallest_image(name: str, smallest: int) -> None:
    assert make(name, (1, smallest, smallest))(torch.zeros(2, 1, smallest, smallest)).shape == (2, 10)
    with pytest.raises(InputError, match=f"arch.name={name}.*allowed is {smallest}x{smallest}"):
        make(name, (1, smallest - 1, smallest - 1))


@pytest.mark.parametrize("name", list(BIAS))
def test_without_batch_norm(name: str) -> None:
    layers = list(make(name, (3, 32, 32), batch_norm=False).modules())
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in layers)
    assert all(layer.bias is not None for layer in layers if isinstance(layer, nn.Conv2d))
