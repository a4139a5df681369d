"""airbench's network: whitening against its definition, what learns, and what it starts from."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from isbe_bench import networks
from isbe_bench.networks.airbench import Whitening
from isbe_bench.networks.network import Network
from isbe_bench.settings.architecture import Airbench

ARCH = Airbench(
    name="airbench", widths=(64, 256, 256), whitening_bias_epochs=3, score_scale=1 / 9, bias=False
)


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    smooth = F.interpolate(torch.randn(300, 3, 8, 8), size=(32, 32), mode="bilinear")
    return smooth + 0.1 * torch.randn(300, 3, 32, 32)


def network() -> Network:
    made = networks.initialised(ARCH, (3, 32, 32), 10, 0, torch.device("cpu"))
    assert isinstance(made, Network)
    return made


def test_maps_of_the_first_layer_have_unit_variance_and_no_correlation(images: torch.Tensor) -> None:
    whitening = Whitening(3, 3)
    whitening.prepare(images)
    maps = whitening(images).transpose(0, 1).flatten(1)
    first, opposite = maps[:12], maps[12:]
    torch.testing.assert_close(opposite, -first)
    moments = first.double() @ first.double().T / first.shape[1]
    # Patches have variances of 0.01 and more here, and 5e-4 is added to each.
    torch.testing.assert_close(moments, torch.eye(12, dtype=torch.float64), rtol=0, atol=0.06)


def test_the_same_images_give_the_same_masks(images: torch.Tensor) -> None:
    one, other = Whitening(3, 3), Whitening(3, 3)
    one.prepare(images)
    other.prepare(images)
    assert all(torch.equal(*pair) for pair in zip(one.parameters(), other.parameters(), strict=True))


def test_masks_biases_and_norms_learn_as_they_should() -> None:
    made = network()
    learning = {name for name, weight in made.named_parameters() if weight.requires_grad}
    count = sum(made.get_parameter(name).numel() for name in learning)
    # Jordan 2024, Section 3.1: 1.97 million weights.
    assert count == 24 + 9 * (24 * 64 + 64 * 64 + 64 * 256 + 3 * 256 * 256) + 2 * (64 + 256 + 256) + 2560
    norms = [layer for layer in made.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert [norm.weight.requires_grad for norm in norms] == [False] * 6
    assert [norm.bias.requires_grad for norm in norms] == [True] * 6


def test_the_first_bias_learns_in_the_first_epochs_alone() -> None:
    made = network()
    bias = next(layer for layer in made.modules() if isinstance(layer, Whitening))._convolution.bias
    assert bias is not None
    learns = []
    for epoch in range(1, 6):
        networks.begin_epoch(made, epoch)
        learns.append(bias.requires_grad)
    assert learns == [True, True, True, False, False]


def test_convolutions_begin_by_passing_their_input_on() -> None:
    convolution = next(
        layer
        for layer in network().modules()
        if isinstance(layer, nn.Conv2d) and layer.in_channels == 24 and layer.out_channels == 64
    )
    maps = torch.randn(2, 24, 5, 5)
    torch.testing.assert_close(convolution(maps)[:, :24], maps)


def test_scores_are_scaled() -> None:
    images = torch.randn(2, 3, 32, 32)
    one, nine = (
        network().eval(),
        networks.initialised(
            ARCH.model_copy(update={"score_scale": 1.0}), (3, 32, 32), 10, 0, torch.device("cpu")
        ).eval(),
    )
    torch.testing.assert_close(9 * one(images), nine(images))


def test_a_network_without_such_layers_needs_no_images() -> None:
    def images(count: int) -> torch.Tensor:
        raise AssertionError("not asked for")

    networks.prepare(nn.Linear(2, 2), images)
    networks.begin_epoch(nn.Linear(2, 2), 1)
