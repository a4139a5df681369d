"""A user's own network: it gets what its signature names, and one that does not fit is refused."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from isbe_bench import networks
from isbe_bench.data.images import Shape
from isbe_bench.errors import InputError
from isbe_bench.networks import own
from isbe_bench.settings.architecture import OwnArchitecture

SOURCE = """
import torch
from torch import nn

class Perceptron(nn.Module):
    def __init__(self, shape: tuple[int, int, int], num_classes: int, hidden: int = 8) -> None:
        super().__init__()
        channels, height, width = shape
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels * height * width, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, images):
        return self.layers(images)

def vit(image_size, in_chans, classes):
    side = image_size if isinstance(image_size, int) else image_size[0] * image_size[1]
    assert in_chans == 1
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(classes))

def zoo(*, weights: str | None = None, **kwargs):
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(kwargs["num_classes"]))

def computes_while_built(classes: int):
    rate = torch.linspace(0, 0.5, 3)[1].item()
    return nn.Sequential(nn.Flatten(), nn.Dropout(rate), nn.LazyLinear(classes))

def headless(): return nn.Flatten()
def maps(): return nn.Conv2d(1, 4, 1)
def pair(classes): return Pair()
def number(): return 3
def small(): return nn.Conv2d(1, 10, 64)
def fails(): raise ValueError("no\\nweights")
class Pair(nn.Module):
    def __init__(self): super().__init__()
    def forward(self, images): return images, images
"""
SHAPE = (1, 28, 28)


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_networks.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)


def arch(name: str, **parameters: Any) -> OwnArchitecture:
    return OwnArchitecture.model_validate(
        {"name": "own", "_target_": f"own_networks.{name}", **parameters}
    )


@pytest.mark.parametrize("name", ["Perceptron", "vit", "zoo", "computes_while_built", "headless"])
@pytest.mark.parametrize("classes", [2, 10])
def test_a_network_that_fits(name: str, classes: int) -> None:
    own.check(arch(name), SHAPE, classes)
    network = networks.make(arch(name), SHAPE, classes)
    assert network(torch.zeros(2, *SHAPE)).shape == (2, classes)


@pytest.mark.parametrize("shape", [(3, 20, 20), (1, 10, 40)])
def test_images_of_any_shape(shape: Shape) -> None:
    own.check(arch("Perceptron", hidden=3), shape, 4)


def test_initial_weights_follow_from_the_seed() -> None:
    def weights(seed: int) -> torch.Tensor:
        network = networks.initialised(arch("Perceptron"), SHAPE, 10, seed, torch.device("cpu"))
        return nn.utils.parameters_to_vector(network.parameters())

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_lazy_layers_have_their_weights_before_the_training_starts() -> None:
    network = networks.initialised(arch("zoo"), SHAPE, 10, 0, torch.device("cpu"))
    assert [tuple(each.shape) for each in network.parameters()] == [(10, 784), (10,)]


def test_a_perceptron_learns(make_batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    images, labels = make_batch
    network = networks.initialised(arch("Perceptron"), SHAPE, 10, 0, torch.device("cpu"))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    values = []
    for _ in range(20):
        loss = nn.functional.cross_entropy(network(images), labels)
        values.append(float(loss.detach()))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert values[-1] < values[0] / 2


@pytest.fixture
def make_batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(20) % 10
    return torch.randn(20, *SHAPE, generator=generator), labels


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("maps", {}), "arch._target_=own_networks.maps: is built without a number of classes and yields (2, 4, 28, 28) for 2 images; allowed is a vector of features an image, (batch, features)"),
        (("number", {}), "arch._target_=own_networks.number: returns int; allowed is a target that returns a torch.nn.Module"),
        (("small", {}), "own_networks.small: fails on 2 images of shape (1, 28, 28) (RuntimeError"),
        (("fails", {}), "own_networks.fails: cannot be built (ValueError: no weights)"),
        (("Pair", {}), "own_networks.Pair: is built without a number of classes and yields tuple for 2 images"),
        (("pair", {}), "own_networks.pair: returns tuple; allowed is a tensor of scores"),
        (("Perceptron", {"hiden": 3}), "arch.hiden=3: own_networks.Perceptron has no parameter hiden; did you mean hidden?"),
        (("Perceptron", {"hidden": "many"}), "arch.hidden=many: allowed is a valid integer"),
        (("Perceptron", {"num_classes": 3}), "returns scores of shape (2, 3) for 2 images"),
    ],
)  # fmt: skip
def test_networks_that_do_not_fit_are_refused_in_one_line(
    settings: tuple[str, dict[str, Any]], message: str
) -> None:
    name, parameters = settings
    with pytest.raises(InputError) as caught:
        own.check(arch(name, **parameters), SHAPE, 10)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_batch_size_of_a_training_is_tried() -> None:
    own.check(arch("Perceptron"), SHAPE, 10, batch_sizes=(128, 13))
    with pytest.raises(
        InputError, match=r"Perceptron: fails on 1 images of shape \(1, 28, 28\) \(ValueError"
    ):
        own.check(arch("Perceptron"), SHAPE, 10, batch_sizes=(128, 1))


def test_a_check_draws_nothing_from_the_global_generator() -> None:
    before = torch.random.get_rng_state()
    own.check(arch("computes_while_built"), SHAPE, 10)
    assert torch.equal(torch.random.get_rng_state(), before)
