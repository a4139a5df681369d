"""Classifiers: scores and gradients against formulas by hand in float64, and what they refuse."""

from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import Make
from torch import Tensor

from isbe_bench import classifiers
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import Diagnostic
from isbe_bench.settings import classifier as settings
from isbe_bench.settings import search_path

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


SOURCE = """
import torch
from torch import nn

class Head(nn.Linear):
    def __init__(self, in_features: int, num_classes: int, wide: bool = False) -> None:
        super().__init__(in_features, num_classes + int(wide))

def fails(in_features, num_classes): raise ValueError("boom")
def pair(in_features, num_classes): return Pair()
class Pair(nn.Module):
    def forward(self, features): return features, features
class Picky(nn.BatchNorm1d):
    def __init__(self, in_features, num_classes): super().__init__(in_features)
    def forward(self, features): return super().forward(features)[:, :10]
def net(num_classes): return nn.Sequential(nn.Flatten(), nn.LazyLinear(24), nn.ReLU(), nn.LazyLinear(num_classes))
"""


@pytest.fixture
def config_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Own classifiers, and an own net that makes scores itself."""
    (tmp_path / "own_heads.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    files = {"head": "Head", "fails": "fails", "pair": "pair", "picky": "Picky"}
    for name, target in files.items():
        path = tmp_path / "conf" / "classifier" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"_target_: own_heads.{target}\n")
    (tmp_path / "conf" / "arch").mkdir()
    (tmp_path / "conf" / "arch" / "mine.yaml").write_text("_target_: own_heads.net\n")
    monkeypatch.setattr(search_path, "_own", tmp_path / "conf")


@pytest.mark.usefixtures("config_dir")
@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("classifier=head", "+classifier.wide=true"), "classifier._target_=own_heads.Head: returns (2, 11) for features of shape (2, 512); allowed are scores of shape (2, 10)"),
        (("classifier=fails",), "classifier._target_=own_heads.fails: cannot be built (ValueError: boom)"),
        (("classifier=pair",), "classifier._target_=own_heads.pair: returns tuple for features of shape (2, 512)"),
        (("classifier=picky", "train.batch_size=1292", "arch.batch_norm=false"), "classifier._target_=own_heads.Picky: fails on features of shape (1, 512)"),
    ],
)  # fmt: skip
def test_a_users_own_classifier_is_tried_before_work_starts(
    make_config: Make, overrides: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        make_config("arch=perceptron", *overrides)
    assert message in str(caught.value)


@pytest.mark.usefixtures("config_dir")
@pytest.mark.parametrize(
    "overrides",
    [
        ("arch=perceptron", "classifier=head", "loss=center"),
        ("arch=perceptron", "arch.hidden=[]"),
        ("arch=perceptron", "arch.hidden=[]", "classifier=scaled_bn", "loss=center"),
        ("arch=mine", "classifier=pedcc", "loss=pedcc"),
        ("arch=mine", "classifier=cosine", "loss=a_softmax", "loss.margin=1"),
        ("arch=mine", "classifier=scaled_bn", "loss=center"),
    ],
    ids=" ".join,
)
def test_combinations_that_train(make_config: Make, overrides: tuple[str, ...]) -> None:
    config = make_config("train.epochs=1", *overrides)
    assert run.execute(config).status == "done"
    rows = RunFolder(config).read_rows("diagnostics.csv", Diagnostic)
    assert {row.quantity for row in rows} == {"error", "gradient", "score", "weight"}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("dataset.augmentation.crop=28", "dataset.augmentation.padding=reflection"), "dataset.augmentation.crop=28: images of 28 pixels cannot be reflected as far; allowed is 0 to 27"),
        (("classifier=cosine", "classifier.scale=1e39"), "classifier.scale=1e+39: allowed is a number, 0.001 to 1000"),
        (("loss=center", "loss.weight=1e38"), "loss.weight=1e+38: allowed is a number, 0 to 1000"),
        (("classifier=scaled_bn", "train.batch_size=1292"), "train.batch_size=1292: leaves a batch of 1 image of 1293, which has no variance for classifier=scaled_bn"),
        (("loss=am_softmax", "classifier=cosine", "loss.margin=1"), "loss.margin=1: allowed is a number, 0 or more and below 1"),
        (("classifier=pedcc", "arch=perceptron", "arch.hidden=[8]"), "classifier.centroids=simplex: 10 classes need 9 features, and the network yields 8"),
        (("schedule=plateau", "dataset.validation_fraction=0"), "schedule=plateau: needs validation images"),
    ],
)  # fmt: skip
def test_bad_input_is_answered_in_one_line(
    make_config: Make, overrides: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        make_config(*overrides)
    assert message in str(caught.value)
