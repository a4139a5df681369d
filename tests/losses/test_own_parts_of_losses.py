"""Losses of the user's own that take features or have weights, and activations of the user's own."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from isbe_bench import losses
from isbe_bench.errors import InputError
from isbe_bench.losses import trial
from isbe_bench.networks.features import FeatureTap
from isbe_bench.settings import composition, words
from isbe_bench.settings.loss import AnyLoss, OwnIsbe, OwnLoss

CLASSES, FEATURES, IMAGES = 5, 8, 7
SOURCE = """
import torch
import torch.nn.functional as F
from torch import nn

class Center(nn.Module):
    def __init__(self, num_classes: int, num_features: int, weight: float = 0.5) -> None:
        super().__init__()
        self.centers = nn.Parameter(torch.randn(num_classes, num_features))
        self.weight = weight

    def forward(self, scores, labels, features):
        distance = (features - self.centers[labels]).square().sum(1).mean()
        return F.cross_entropy(scores, labels) + self.weight * distance

def norms(scores, labels, *, features, factor=1.0):
    return F.cross_entropy(scores, labels) + factor * features.square().mean()

def cube(scores): return scores ** 3
def same(scores): return scores
def narrow(scores): return scores[:, :2]
def infinite(scores): return scores / 0
class Steep(nn.Module):
    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = slope
    def forward(self, scores): return torch.sigmoid(self.slope * scores)
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "featured_losses.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, FEATURES), nn.Tanh(), nn.Linear(FEATURES, CLASSES)).double()


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(IMAGES, 3, generator=generator).double(), torch.arange(IMAGES) % CLASSES


def own(target: str, **values: Any) -> OwnLoss:
    plain = {"name": "mine", "_target_": f"featured_losses.{target}", **values}
    chosen = words.validate(AnyLoss, plain, "loss")
    assert isinstance(chosen, OwnLoss)
    return chosen


def own_isbe(target: str, targets: str = "onehot", **values: Any) -> OwnIsbe:
    activation = {"_target_": target, **values}
    isbe = composition.choice("loss", "isbe_softmax") | {"blur_amount": 0.0}
    plain = isbe | {"name": "mine", "activation": activation, "targets": targets}
    chosen = words.validate(AnyLoss, plain, "loss")
    assert isinstance(chosen, OwnIsbe)
    return chosen


def test_a_loss_that_asks_for_features_gets_them_and_its_weights_learn(
    network: nn.Sequential, batch: tuple[Tensor, Tensor]
) -> None:
    images, labels = batch
    settings = own("Center", weight=0.25)
    trial.check(settings, CLASSES, network)
    mode = losses.make(settings, CLASSES, network)
    assert mode.wants_features
    assert mode.module is not None
    mode.module.double()
    centers = dict(mode.module.named_parameters())["centers"]
    assert centers.shape == (CLASSES, FEATURES)

    tap = FeatureTap(network, CLASSES)
    scores = network(images)
    mode.forward(scores, labels, *tap())
    mode.backward()
    gradients = [each.grad.clone() for each in (*network.parameters(), centers) if each.grad is not None]

    for each in (*network.parameters(), centers):
        each.grad = None
    features = network[:2](images)
    by_hand = F.cross_entropy(network[2](features), labels)
    by_hand = by_hand + 0.25 * (features - centers[labels]).square().sum(1).mean()
    by_hand.backward()
    expected = [each.grad for each in (*network.parameters(), centers)]
    assert len(gradients) == len(expected)
    for ours, reference in zip(gradients, expected, strict=True):
        torch.testing.assert_close(ours, reference)

    values = mode.per_image(scores.detach(), labels, features.detach())
    distance = (features - centers[labels]).square().sum(1)
    torch.testing.assert_close(
        values, (F.cross_entropy(scores, labels, reduction="none") + 0.25 * distance).detach()
    )


def test_a_plain_function_is_bound_to_its_parameters(
    network: nn.Sequential, batch: tuple[Tensor, Tensor]
) -> None:
    images, labels = batch
    settings = own("norms", factor=2.0, _partial_=True)
    trial.check(settings, CLASSES, network)
    mode = losses.make(settings, CLASSES, network)
    features = network[:2](images).detach()
    scores = network[2](features)
    expected = F.cross_entropy(scores, labels, reduction="none") + 2 * features.square().mean(1)
    torch.testing.assert_close(mode.per_image(scores.detach(), labels, features), expected.detach())


@pytest.mark.parametrize("implementation", ["direct", "function"])
@pytest.mark.parametrize(
    ("loss", "soft"),
    [
        (own_isbe("featured_losses.cube", _partial_=True), lambda scores: scores**3),
        (own_isbe("featured_losses.same", _partial_=True), lambda scores: scores),
        (own_isbe("featured_losses.Steep", slope=2.0), lambda scores: torch.sigmoid(2 * scores)),
        (own_isbe("torch.nn.Softsign", "symmetric"), F.softsign),
    ],
)
def test_the_soft_error_of_an_own_activation(
    loss: OwnIsbe, soft: Any, implementation: str, network: nn.Sequential, batch: tuple[Tensor, Tensor]
) -> None:
    loss = loss.model_copy(update={"implementation": implementation})
    trial.check(loss, CLASSES, network)
    mode = losses.make(loss, CLASSES, network)
    scores = network(batch[0]).detach().requires_grad_()
    before = scores.detach().clone()
    mode.forward(scores, batch[1])
    mode.backward()
    targets = F.one_hot(batch[1], CLASSES).double()
    if soft is F.softsign:
        targets = 2 * targets - 1
    assert scores.grad is not None
    torch.testing.assert_close(scores.grad, soft(before) - targets)
    assert torch.equal(scores.detach(), before)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (own_isbe("featured_losses.cube"), "loss.activation.scores: missing; featured_losses.cube needs it; is loss.activation._partial_=true meant"),
        (own_isbe("featured_losses.narrow", _partial_=True), "loss.activation._target_=featured_losses.narrow: fails on 3 images of 5 classes ("),
        (own_isbe("featured_losses.infinite", _partial_=True), "loss.activation._target_=featured_losses.infinite: its gradient for 3 images of 5 classes is not finite"),
        (own_isbe("torch.nn.PReLU"), "loss.activation._target_=torch.nn.PReLU: has weights, which a soft error gives no gradient; allowed is"),
        (own_isbe("featured_losses.Steep", slope="high"), "loss.activation.slope=high: allowed is a valid number"),
        (own_isbe("featured_losses.Stepe"), "featured_losses has no Stepe; did you mean Steep?"),
    ],
)  # fmt: skip
def test_activations_that_cannot_be_are_refused(
    loss: OwnIsbe, message: str, network: nn.Sequential
) -> None:
    with pytest.raises(InputError) as caught:
        trial.check(loss, CLASSES, network)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_features_need_a_linear_classifier() -> None:
    network = nn.Sequential(nn.Conv2d(1, CLASSES, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(
        InputError, match="^arch: no linear layer of the network has 5 outputs, to take features from"
    ):
        trial.check(own("norms", _partial_=True), CLASSES, network)
