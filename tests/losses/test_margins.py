"""Losses with margins and centres: against formulas by hand and against pytorch-metric-learning."""

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from pytorch_metric_learning import losses as reference
from torch import Tensor, nn

from isbe_bench import classifiers, losses
from isbe_bench.errors import InputError
from isbe_bench.networks.network import Network
from isbe_bench.settings import classifier as layers
from isbe_bench.settings import loss as settings

BATCH, FEATURES, CLASSES, SCALE = 8, 6, 5, 7.5
COSINE = layers.Cosine(name="cosine", scale=SCALE)
AM = settings.AmSoftmax(name="am_softmax", margin=0.35)
PEDCC = settings.PedccLoss(name="pedcc", margin=0.35, weight=1.5)
CENTER = settings.CenterLoss(name="center", weight=0.1)


@pytest.fixture
def features() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(BATCH, FEATURES, generator=generator, dtype=torch.float64).requires_grad_()


@pytest.fixture
def labels() -> Tensor:
    return torch.tensor([0, 1, 2, 3, 4, 0, 2, 2])


def network(classifier: layers.Classifier, bias: bool = False) -> Any:
    torch.manual_seed(1)
    made = classifiers.make(classifier, FEATURES, CLASSES, bias)
    return Network(nn.Identity(), made, FEATURES).double()


def send(mode: Any, net: Any, features: Tensor, labels: Tensor) -> Tensor:
    """The gradient at the features; each value for an image must agree with the mean."""
    leaf = features.detach().clone().requires_grad_()
    scores = net(leaf)
    mode.forward(scores, labels, leaf)
    mean = mode._loss.detach()
    mode.backward()
    values = mode.per_image(scores.detach(), labels, leaf.detach())
    torch.testing.assert_close(values.mean(), mean)
    assert leaf.grad is not None
    return leaf.grad


def cosines(features: Tensor, weight: Tensor) -> Tensor:
    return F.normalize(features) @ F.normalize(weight).T


def by_autograd(loss: Tensor, features: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(loss, features)
    return gradient


def test_am_softmax_is_formula_2(features: Tensor, labels: Tensor) -> None:
    net = network(COSINE)
    cosine = cosines(features, net.classifier.weight)
    rows = []
    for row, label in zip(cosine, labels, strict=True):
        others = sum(torch.exp(SCALE * row[other]) for other in range(CLASSES) if other != label)
        own = torch.exp(SCALE * (row[label] - 0.35))
        rows.append(-torch.log(own / (own + others)))
    expected = by_autograd(torch.stack(rows).mean(), features)
    torch.testing.assert_close(send(losses.make(AM, CLASSES, net), net, features, labels), expected)


def test_am_softmax_is_cosface(features: Tensor, labels: Tensor) -> None:
    net = network(COSINE)
    cosface = reference.CosFaceLoss(CLASSES, FEATURES, margin=0.35, scale=SCALE).double()
    cosface.W.data.copy_(net.classifier.weight.detach().T)
    expected = by_autograd(cosface(features, labels), features)
    torch.testing.assert_close(send(losses.make(AM, CLASSES, net), net, features, labels), expected)


def test_pedcc_adds_the_squared_distance_from_the_centroid(features: Tensor, labels: Tensor) -> None:
    net = network(layers.Pedcc(name="pedcc", scale=SCALE, centroids="simplex"))
    centroids = net.classifier.weight
    shifted = SCALE * (cosines(features, centroids) - 0.35 * F.one_hot(labels, CLASSES))
    distance = (F.normalize(features) - centroids[labels]).square().sum(1).mean()
    expected = by_autograd(F.cross_entropy(shifted, labels) + 1.5 * distance, features)
    torch.testing.assert_close(send(losses.make(PEDCC, CLASSES, net), net, features, labels), expected)


@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning")  # of the reference
@pytest.mark.parametrize("margin", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["l_softmax", "a_softmax"])
def test_angular_losses_are_those_of_metric_learning(
    name: str, margin: int, features: Tensor, labels: Tensor
) -> None:
    net = network(layers.LINEAR if name == "l_softmax" else COSINE)
    kind = reference.LargeMarginSoftmaxLoss if name == "l_softmax" else reference.SphereFaceLoss
    other = kind(CLASSES, FEATURES, margin=margin, scale=1).double()
    other.W.data.copy_(net.classifier.weight.detach().T)
    expected = by_autograd(other(features, labels), features)
    mode = losses.make(
        settings.AngularLoss.model_validate({"name": name, "margin": margin}), CLASSES, net
    )
    torch.testing.assert_close(send(mode, net, features, labels), expected, rtol=1e-5, atol=1e-8)


def test_an_angle_of_zero_has_a_finite_gradient(labels: Tensor) -> None:
    net = network(COSINE)
    exact = net.classifier.weight.detach()[labels]
    mode = losses.make(settings.AngularLoss(name="a_softmax", margin=2), CLASSES, net)
    assert send(mode, net, exact, labels).isfinite().all()


def test_center_loss_pulls_features_and_centres_together(features: Tensor, labels: Tensor) -> None:
    net = network(layers.LINEAR)
    mode: Any = losses.make(CENTER, CLASSES, net)
    mode.module.double()
    centres = mode.module.weight
    assert centres.shape == (CLASSES, FEATURES)
    gradient = send(mode, net, features, labels)
    apart = features.detach() - centres.detach()[labels]
    plain = by_autograd(F.cross_entropy(net(features), labels), features)
    torch.testing.assert_close(gradient, plain + 0.1 * 2 * apart / BATCH)
    pulled = torch.zeros_like(centres).index_add(0, labels, -0.1 * 2 * apart / BATCH)
    torch.testing.assert_close(centres.grad, pulled)


def test_separated_steps_give_the_gradient_of_cross_entropy(features: Tensor, labels: Tensor) -> None:
    net = network(layers.LINEAR)
    mode = losses.make(settings.SeparatedCrossEntropy(name="ce_separated"), CLASSES, net)
    expected = by_autograd(F.cross_entropy(net(features), labels), features)
    torch.testing.assert_close(send(mode, net, features, labels), expected)


def test_separated_steps_overflow_where_cross_entropy_does_not() -> None:
    scores = torch.tensor([[0.0, 200.0]], requires_grad=True)
    label = torch.tensor([0])
    mode = losses.make(settings.SeparatedCrossEntropy(name="ce_separated"), 2)
    mode.forward(scores, label)
    mode.backward()
    assert float(mode.per_image(scores.detach(), label)) == math.inf
    assert scores.grad is not None
    assert scores.grad.isnan().any()
    assert float(F.cross_entropy(scores.detach(), label)) == 200.0


@pytest.mark.parametrize(
    ("loss", "classifier", "bias", "message"),
    [
        (AM, layers.LINEAR, False, "loss.name=am_softmax: needs scores that are cosines; allowed is classifier=cosine or classifier=pedcc"),
        (PEDCC, layers.ScaledBatchNorm(name="scaled_bn", scale=1.0, affine=False), False, "loss.name=pedcc: needs scores that are cosines"),
        (settings.AngularLoss(name="a_softmax", margin=2), layers.LINEAR, False, "loss.name=a_softmax: needs cosines as scores"),
        (settings.AngularLoss(name="l_softmax", margin=2), COSINE, False, "loss.name=l_softmax: needs scores w x; allowed is classifier=linear with arch.bias=false"),
        (settings.AngularLoss(name="l_softmax", margin=2), layers.LINEAR, True, "loss.name=l_softmax: needs scores w x"),
    ],
)  # fmt: skip
def test_a_classifier_that_does_not_fit_is_refused(
    loss: settings.Loss, classifier: layers.Classifier, bias: bool, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        losses.make(loss, CLASSES, network(classifier, bias))
    assert message in str(caught.value)
