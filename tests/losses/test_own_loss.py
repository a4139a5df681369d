"""A user's own loss: it trains like any mode, and one that cannot is refused in one line."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from isbe_bench import losses
from isbe_bench.errors import InputError
from isbe_bench.losses import trial
from isbe_bench.losses.cross_entropy import CrossEntropy
from isbe_bench.settings.loss import OwnLoss

CLASSES = 5
NETWORK = nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, CLASSES))
SOURCE = """
import torch
import torch.nn.functional as F
from torch import nn
from isbe_bench.losses.mode import LossMode

class Focal(nn.Module):
    def __init__(self, gamma: float = 2.0, reduction: str = "mean") -> None:
        super().__init__()
        self.gamma = gamma
        self.reduction = reduction
        self.register_buffer("one", torch.ones(()))

    def forward(self, scores, labels):
        ce = F.cross_entropy(scores, labels, reduction="none")
        losses = (self.one - torch.exp(-ce)) ** self.gamma * ce
        return losses if self.reduction == "none" else getattr(losses, self.reduction)()

class Mode(LossMode):
    def forward(self, scores, labels): self.scores = scores
    def backward(self): self.scores.backward(torch.ones_like(self.scores))
    def per_image(self, scores, labels): return scores.new_zeros(len(scores))

class Weighted(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

def scaled(classes: int):
    return lambda scores, labels: F.cross_entropy(scores, labels) / classes

def branching():
    def loss(scores, labels):
        value = F.cross_entropy(scores, labels)
        return value if value.item() > 0 else -value
    return loss

def number(): return 3
def fails(): raise RuntimeError("no weights\\nfor you")
def wrong_shape(): return lambda scores, labels: scores[:, :2]
def two_dimensional(): return lambda scores, labels: F.cross_entropy(scores, labels).reshape(1, 1)
def detached(): return lambda scores, labels: scores.detach().sum()
def endless(): return lambda scores, labels: (scores.sum() / 0)
def crashes(): return lambda scores, labels: scores @ labels
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_losses.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def scores() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(7, CLASSES, generator=generator, dtype=torch.float64).requires_grad_()


@pytest.fixture
def labels() -> Tensor:
    return torch.tensor([0, 1, 2, 3, 4, 0, 2])


def loss(name: str, **parameters: Any) -> OwnLoss:
    return OwnLoss.model_validate({"name": "own", "_target_": f"own_losses.{name}", **parameters})


def focal_by_hand(scores: Tensor, labels: Tensor, gamma: float) -> Tensor:
    at_label = torch.softmax(scores, 1).gather(1, labels.unsqueeze(1)).squeeze(1)
    return -((1 - at_label) ** gamma) * at_label.log()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_a_focal_loss_module(scores: Tensor, labels: Tensor, reduction: str, gamma: float) -> None:
    settings = loss("Focal", gamma=gamma, reduction=reduction)
    trial.check(settings, CLASSES, NETWORK)
    mode = losses.make(settings, CLASSES)
    mode.forward(scores, labels)
    mode.backward()
    by_hand = focal_by_hand(scores, labels, gamma)
    value = by_hand.mean() if reduction == "mean" else by_hand.sum()
    (expected,) = torch.autograd.grad(value, scores)
    assert scores.grad is not None
    torch.testing.assert_close(scores.grad, expected)
    values = mode.per_image(scores, labels)
    assert not values.requires_grad
    torch.testing.assert_close(values, by_hand.detach())


def test_focal_without_focus_is_cross_entropy(labels: Tensor) -> None:
    gradients = []
    for mode in (losses.make(loss("Focal", gamma=0), CLASSES), CrossEntropy("mean")):
        scores = torch.linspace(-3, 3, 7 * CLASSES).reshape(7, CLASSES).requires_grad_()
        mode.forward(scores, labels)
        mode.backward()
        gradients.append(scores.grad)
    torch.testing.assert_close(*gradients)


def test_a_loss_mode_of_the_users_own_stays_as_it_is() -> None:
    trial.check(loss("Mode"), CLASSES, NETWORK)
    assert type(losses.make(loss("Mode"), CLASSES)).__name__ == "Mode"


def test_a_factory_gets_the_number_of_classes(scores: Tensor, labels: Tensor) -> None:
    mode = losses.make(loss("scaled"), CLASSES)
    expected = F.cross_entropy(scores, labels, reduction="none") / CLASSES
    torch.testing.assert_close(mode.per_image(scores, labels), expected.detach())


def test_a_loss_that_branches_on_values_has_a_curve_too(scores: Tensor, labels: Tensor) -> None:
    expected = F.cross_entropy(scores, labels, reduction="none").detach()
    torch.testing.assert_close(
        losses.make(loss("branching"), CLASSES).per_image(scores, labels), expected
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("number", "loss._target_=own_losses.number: returns int; allowed is a target that returns a loss"),
        ("fails", "loss._target_=own_losses.fails: cannot be built (RuntimeError: no weights for you)"),
        ("wrong_shape", "own_losses.wrong_shape: fails on 3 images of 5 classes ("),
        ("detached", "own_losses.detached: fails on 3 images of 5 classes (RuntimeError"),
        ("crashes", "own_losses.crashes: fails on 3 images of 5 classes (RuntimeError"),
        ("endless", "own_losses.endless: its gradient for 3 images of 5 classes is not finite; allowed is"),
        ("Focal2", "own_losses has no Focal2; did you mean Focal?"),
    ],
)  # fmt: skip
def test_losses_that_cannot_train_are_refused_in_one_line(name: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        trial.check(loss(name), CLASSES, NETWORK)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_check_draws_nothing_from_the_global_generator() -> None:
    before = torch.random.get_rng_state()
    trial.check(loss("Focal"), CLASSES, NETWORK)
    assert torch.equal(torch.random.get_rng_state(), before)
