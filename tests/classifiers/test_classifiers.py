"""Classifiers: scores and gradients against formulas by hand in float64, and what they refuse."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from isbe_bench import classifiers
from isbe_bench.errors import InputError
from isbe_bench.settings import classifier as settings

BATCH, FEATURES, CLASSES = 9, 6, 4
SCALED = settings.ScaledBatchNorm(name="scaled_bn", scale=0.8, affine=False)
COSINE = settings.Cosine(name="cosine", scale=7.5)
SIMPLEX = settings.Pedcc(name="pedcc", scale=7.5, centroids="simplex")
REPULSION = settings.Pedcc(name="pedcc", scale=7.5, centroids="repulsion")
EVERY = [settings.LINEAR, SCALED, COSINE, SIMPLEX, REPULSION]


def make(classifier: settings.Classifier, classes: int = CLASSES, features: int = FEATURES) -> Any:
    torch.manual_seed(1)
    return classifiers.make(classifier, features, classes).double()


@pytest.fixture
def features() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(BATCH, FEATURES, generator=generator, dtype=torch.float64).requires_grad_()


@pytest.fixture
def sent() -> Tensor:
    """The gradient that a loss sends to the scores."""
    return torch.randn(BATCH, CLASSES, generator=torch.Generator().manual_seed(1)).double()


@pytest.mark.parametrize("scale", [0.8, 1.0, 4.0])
def test_scaled_batch_norm_is_formula_9(features: Tensor, scale: float) -> None:
    layer = make(SCALED.model_copy(update={"scale": scale}))
    plain = features.detach() @ layer.linear.weight.T
    expected = scale * (plain - plain.mean(0)) / (plain.var(0, correction=0) + layer.norm.eps).sqrt()
    scores = layer(features)
    torch.testing.assert_close(scores, expected)
    assert scores.mean(0).abs().max() < 1e-12
    assert (scores.std(0, correction=0) - scale).abs().max() < 1e-3


def test_the_gradient_behind_scaled_batch_norm(features: Tensor, sent: Tensor) -> None:
    """`(m / sigma) (g - mean(g) - xhat mean(g xhat))`, means over the batch, times W."""
    layer = make(SCALED)
    layer(features).backward(sent)
    plain = features.detach() @ layer.linear.weight.detach().T
    sigma = (plain.var(0, correction=0) + layer.norm.eps).sqrt()
    normal = (plain - plain.mean(0)) / sigma
    at_plain = 0.8 / sigma * (sent - sent.mean(0) - normal * (sent * normal).mean(0))
    torch.testing.assert_close(features.grad, at_plain @ layer.linear.weight.detach())
    torch.testing.assert_close(layer.linear.weight.grad, at_plain.T @ features.detach())


def test_in_evaluation_the_running_statistics_take_the_place_of_the_batch(features: Tensor) -> None:
    layer = make(SCALED)
    for _ in range(200):
        layer(features)
    layer.eval()
    whole = layer(features)
    alone = torch.cat([layer(row) for row in features.split(1)])
    torch.testing.assert_close(whole, alone)
    assert (whole.std(0, correction=1) - 0.8).abs().max() < 1e-2


def test_the_ablation_learns_a_gain_and_an_offset() -> None:
    fixed = dict(make(SCALED).named_parameters())
    learned = dict(make(SCALED.model_copy(update={"affine": True})).named_parameters())
    assert set(learned) - set(fixed) == {"norm.weight", "norm.bias"}


@pytest.mark.parametrize(
    "classifier", [COSINE, SIMPLEX, REPULSION], ids=["cosine", "simplex", "repulsion"]
)
def test_the_gradient_behind_cosines(
    classifier: settings.Classifier, features: Tensor, sent: Tensor
) -> None:
    """`s (u - f cos) / |x|` for the scores `s cos`, with f = x / |x| and unit vectors u."""
    layer = make(classifier)
    scores = layer(features)
    scores.backward(sent)
    unit = layer.weight.detach() / layer.weight.detach().norm(dim=1, keepdim=True)
    length = features.detach().norm(dim=1, keepdim=True)
    direction = features.detach() / length
    cosine = direction @ unit.T
    torch.testing.assert_close(scores.detach(), 7.5 * cosine)
    jacobian = (unit[None] - direction[:, None] * cosine[..., None]) / length[..., None]
    torch.testing.assert_close(features.grad, 7.5 * (sent[..., None] * jacobian).sum(1))
    if classifier is COSINE:
        norms = layer.weight.detach().norm(dim=1)[None, :, None]
        to_weights = (direction[:, None] - unit[None] * cosine[..., None]) / norms
        torch.testing.assert_close(layer.weight.grad, 7.5 * (sent[..., None] * to_weights).sum(0))
    else:
        assert not list(layer.parameters())


@pytest.mark.parametrize(("classes", "features"), [(2, 1), (4, 3), (10, 512), (100, 128)])
def test_a_simplex_has_equal_angles(classes: int, features: int) -> None:
    corners = make(SIMPLEX, classes, features).weight
    cosines = corners @ corners.T
    torch.testing.assert_close(cosines.diagonal(), torch.ones(classes).double())
    apart = cosines[~torch.eye(classes, dtype=torch.bool)]
    torch.testing.assert_close(apart, torch.full_like(apart, -1 / (classes - 1)), atol=1e-6, rtol=0)


def test_a_simplex_is_turned_by_the_seed() -> None:
    torch.manual_seed(2)
    other: Any = classifiers.make(SIMPLEX, FEATURES, CLASSES)
    assert not torch.allclose(other.weight.double(), make(SIMPLEX).weight)
    assert torch.equal(make(SIMPLEX).weight, make(SIMPLEX).weight)


@pytest.mark.parametrize(("classes", "features", "most"), [(4, 6, -0.3), (10, 512, -0.1), (20, 3, 0.85)])
def test_charges_repel_each_other(classes: int, features: int, most: float) -> None:
    """They come close to a simplex (-1/3, -1/9) where there is room for one, and else keep a distance."""
    points = make(REPULSION, classes, features).weight
    cosines = (points @ points.T).fill_diagonal_(-1)
    assert cosines.max() < most
    torch.testing.assert_close(points.norm(dim=1), torch.ones(classes).double())


def test_a_simplex_in_too_few_dimensions_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        make(SIMPLEX, classes=10, features=8)
    assert str(caught.value) == (
        "classifier.centroids=simplex: 10 classes need 9 features, and the network yields 8; allowed is "
        "repulsion, or a network with more features"
    )


def test_networks_that_differ_in_the_classifier_begin_with_the_same_weights() -> None:
    weights = [make(each).weight for each in (settings.LINEAR, SCALED, COSINE)]
    assert torch.equal(weights[0], weights[1])
    assert torch.equal(weights[0], weights[2])


def test_a_users_own_classifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "from torch import nn\ndef two(in_features, num_classes, hidden=3):\n    return nn.Sequential("
    )
    source += "nn.Linear(in_features, hidden), nn.Linear(hidden, num_classes))\ndef number(): return 3\n"
    (tmp_path / "own_classifiers.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)

    def own(target: str) -> settings.OwnClassifier:
        return settings.OwnClassifier.model_validate(
            {"name": "own", "_target_": f"own_classifiers.{target}"}
        )

    assert make(own("two"))(torch.zeros(2, FEATURES).double()).shape == (2, CLASSES)
    with pytest.raises(InputError, match=r"own_classifiers.number: returns int; allowed is a target"):
        make(own("number"))
