"""The gradient that reaches the scores, in float64, against formulas written out by hand."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from by_hand import BY_HAND, Array, softmax
from conftest import Make
from torch import Tensor

from isbe_bench import losses
from isbe_bench.catalogue.losses import APART, ISBE, MODES
from isbe_bench.execution import run
from isbe_bench.losses.mode import LossMode
from isbe_bench.settings import loss as settings

BATCH, CLASSES = 7, 5
ACTIVATIONS = [name.removeprefix("isbe_") for name in (*ISBE, *APART)]
OWN_OPTIONS: dict[str, tuple[type[settings.Isbe], dict[str, object]]] = {
    "normalize": (settings.NormalizeIsbe, {"targets": "symmetric"}),
    "dilated_softmax": (settings.DilatedIsbe, {"dilation": 2.0}),
}


def isbe(activation: str = "softmax", **options: object) -> settings.Isbe:
    usual: dict[str, object] = {
        "implementation": "direct",
        "blur": "appendix_b",
        "blur_amount": 1e-8,
        "hardsigmoid": "pytorch",
        "scale": "sum",
        "curve": "section_4",
    }
    schema, own = OWN_OPTIONS.get(activation, (settings.Isbe, {}))
    return schema(name=f"isbe_{activation}", **(usual | own | options))  # type: ignore[arg-type]


def cross_entropy(reduction: str, label_smoothing: float = 0.0) -> settings.CrossEntropy:
    return settings.CrossEntropy(name=f"ce_{reduction}", label_smoothing=label_smoothing)


@pytest.fixture
def scores() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    wide = 3 * torch.randn(BATCH, CLASSES, generator=generator, dtype=torch.float64)
    return wide.requires_grad_()


@pytest.fixture
def labels() -> Tensor:
    return torch.tensor([0, 1, 2, 3, 4, 0, 2])


def gradient(mode: LossMode, scores: Tensor, labels: Tensor) -> Array:
    leaf = scores.detach().requires_grad_()
    mode.forward(leaf, labels)
    mode.backward()
    assert leaf.grad is not None
    return np.asarray(leaf.grad)


def one_hot(labels: Tensor) -> Array:
    return np.asarray(np.eye(CLASSES)[labels.numpy()])


def targets_by_hand(labels: Tensor, activation: str, blur: str, amount: float) -> Array:
    if blur == "appendix_b":
        targets = one_hot(labels) * (1 - CLASSES * amount) + amount
    else:
        targets = np.where(one_hot(labels) == 1, 1 - amount, amount / (CLASSES - 1))
    return 2 * targets - 1 if activation in ("tanh", "hardtanh", "normalize") else targets


@pytest.mark.parametrize("implementation", ["direct", "function"])
@pytest.mark.parametrize(("activation", "hardsigmoid"), list(BY_HAND))
@pytest.mark.parametrize(
    ("blur", "amount", "scale"),
    list(itertools.product(["appendix_b", "section_3"], [0.0, 1e-8, 0.05], ["sum", "mean"])),
)
def test_isbe_gradient_is_the_soft_error(
    scores: Tensor,
    labels: Tensor,
    implementation: str,
    activation: str,
    hardsigmoid: str,
    blur: str,
    amount: float,
    scale: str,
) -> None:
    options = {"implementation": implementation, "blur": blur, "blur_amount": amount}
    mode = losses.make(isbe(activation, hardsigmoid=hardsigmoid, scale=scale, **options), CLASSES)
    soft = BY_HAND[activation, hardsigmoid](scores.detach().numpy())
    expected = soft - targets_by_hand(labels, activation, blur, amount)
    expected /= BATCH if scale == "mean" else 1
    expected *= 2 if activation == "dilated_softmax" else 1
    np.testing.assert_allclose(gradient(mode, scores, labels), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize(("reduction", "divisor"), [("none", 1), ("sum", 1), ("mean", BATCH)])
def test_cross_entropy_gradient(
    scores: Tensor, labels: Tensor, reduction: str, divisor: int, smoothing: float
) -> None:
    mode = losses.make(cross_entropy(reduction, smoothing), CLASSES)
    targets = one_hot(labels) * (1 - smoothing) + smoothing / CLASSES
    expected = (softmax(scores.detach().numpy()) - targets) / divisor
    np.testing.assert_allclose(gradient(mode, scores, labels), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("implementation", ["direct", "function"])
def test_isbe_softmax_is_cross_entropy_sum(scores: Tensor, labels: Tensor, implementation: str) -> None:
    """Theorem 1, 4(c): with unblurred targets the two gradients are one."""
    exact = losses.make(isbe("softmax", implementation=implementation, blur_amount=0.0), CLASSES)
    ce = losses.make(cross_entropy("sum"), CLASSES)
    difference = gradient(exact, scores, labels) - gradient(ce, scores, labels)
    assert np.abs(difference).max() < 1e-12


@pytest.mark.parametrize("implementation", ["direct", "function"])
@pytest.mark.parametrize("scale", ["sum", "mean"])
@pytest.mark.parametrize("dilation", [1.0, 2.0, 0.3, (0.5, 1.0, 2.0, 3.0, 7.0)], ids=str)
def test_isbe_dilated_softmax_is_cross_entropy_of_dilated_scores(
    scores: Tensor,
    labels: Tensor,
    implementation: str,
    scale: str,
    dilation: float | tuple[float, ...],
) -> None:
    """Theorem A1, (1) -> (3): the derivative with respect to the scores as they were."""
    loss = isbe(
        "dilated_softmax",
        implementation=implementation,
        scale=scale,
        blur_amount=0.0,
        dilation=dilation,
    )
    factors = torch.tensor(dilation, dtype=torch.float64)
    F.cross_entropy(factors * scores, labels, reduction=scale).backward()
    assert scores.grad is not None
    actual = gradient(losses.make(loss, CLASSES), scores, labels)
    np.testing.assert_allclose(actual, scores.grad.numpy(), rtol=0, atol=1e-14)


def test_one_factor_for_each_class_in_single_precision(scores: Tensor, labels: Tensor) -> None:
    mode = losses.make(isbe("dilated_softmax", dilation=(1.0,) * CLASSES), CLASSES)
    plain = losses.make(isbe("softmax"), CLASSES)
    single = scores.detach().float()
    assert gradient(mode, single, labels).dtype == np.float32
    assert np.array_equal(gradient(mode, single, labels), gradient(plain, single, labels))


@pytest.mark.parametrize("implementation", ["direct", "function"])
def test_normalize_with_one_hot_targets(scores: Tensor, labels: Tensor, implementation: str) -> None:
    loss = isbe("normalize", implementation=implementation, blur_amount=0.0, targets="onehot")
    x = scores.detach().numpy()
    expected = x / np.sqrt((x**2).sum(axis=1, keepdims=True)) - one_hot(labels)
    actual = gradient(losses.make(loss, CLASSES), scores, labels)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-14)


def test_targets_of_normalize_on_the_sphere_and_off_it(labels: Tensor) -> None:
    """One-hot targets can be reached; symmetric ones, of norm sqrt(K), cannot."""
    perfect = torch.from_numpy(one_hot(labels)).requires_grad_()
    on_sphere = losses.make(isbe("normalize", blur_amount=0.0, targets="onehot"), CLASSES)
    assert np.abs(gradient(on_sphere, perfect, labels)).max() < 1e-12
    symmetric = losses.make(isbe("normalize", blur_amount=0.0), CLASSES)
    nearest = (2 * perfect - 1).detach().requires_grad_()
    left = np.linalg.norm(gradient(symmetric, nearest, labels), axis=1)
    np.testing.assert_allclose(left, np.sqrt(CLASSES) - 1)


def test_normalize_of_nothing_is_nothing(labels: Tensor) -> None:
    nothing = torch.zeros(BATCH, CLASSES, dtype=torch.float64, requires_grad=True)
    loss = isbe("normalize", blur_amount=0.0, targets="onehot")
    assert np.array_equal(gradient(losses.make(loss, CLASSES), nothing, labels), -one_hot(labels))


@pytest.mark.parametrize(
    "activation", ["sigmoid", "hardsigmoid", "tanh", "hardtanh", "normalize", "dilated_softmax"]
)
def test_the_other_activations_are_not_cross_entropy(
    scores: Tensor, labels: Tensor, activation: str
) -> None:
    other = gradient(losses.make(isbe(activation), CLASSES), scores, labels)
    ce = gradient(losses.make(cross_entropy("sum"), CLASSES), scores, labels)
    assert np.abs(other - ce).max() > 0.1


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(
    ("curve", "reduce"),
    [("section_4", np.sum), ("appendix_b", np.mean)],
    ids=["section_4", "appendix_b"],
)
def test_isbe_curve(
    scores: Tensor, labels: Tensor, activation: str, curve: str, reduce: "np.ufunc"
) -> None:
    """The curve is that of the unscaled error, whatever the scale of the gradient."""
    mode = losses.make(isbe(activation, curve=curve, scale="mean", blur_amount=0.01), CLASSES)
    soft = BY_HAND[activation, "pytorch"](scores.detach().numpy())
    error = soft - targets_by_hand(labels, activation, "appendix_b", 0.01)
    actual = mode.per_image(scores, labels)
    assert not actual.requires_grad
    np.testing.assert_allclose(actual.numpy(), reduce(error**2, axis=1), rtol=1e-12)


@pytest.mark.parametrize("reduction", ["mean", "none", "sum"])
def test_cross_entropy_curve_is_per_image_for_every_reduction(
    scores: Tensor, labels: Tensor, reduction: str
) -> None:
    actual = losses.make(cross_entropy(reduction), CLASSES).per_image(scores, labels)
    expected = -np.log((softmax(scores.detach().numpy()) * one_hot(labels)).sum(axis=1))
    np.testing.assert_allclose(actual.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "loss",
    [cross_entropy("sum"), isbe("softmax"), isbe("tanh", implementation="function")],
    ids=["cross_entropy", "direct", "function"],
)
def test_scores_are_not_changed_and_nothing_is_kept(
    scores: Tensor, labels: Tensor, loss: settings.CrossEntropy | settings.Isbe
) -> None:
    before = scores.detach().clone()
    mode = losses.make(loss, CLASSES)
    gradient(mode, scores, labels)
    mode.per_image(scores, labels)
    assert torch.equal(scores.detach(), before)
    with pytest.raises(AssertionError, match="without forward"):
        mode.backward()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_direct_and_function_give_a_network_the_same_gradients(labels: Tensor, activation: str) -> None:
    network = torch.nn.Linear(3, CLASSES).double()
    inputs = torch.randn(BATCH, 3, dtype=torch.float64)
    gradients = []
    for implementation in ("direct", "function"):
        network.zero_grad()
        mode = losses.make(isbe(activation, implementation=implementation), CLASSES)
        mode.forward(network(inputs), labels)
        mode.backward()
        assert network.weight.grad is not None
        gradients.append(network.weight.grad.clone())
    assert torch.equal(*gradients)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_huge_scores_give_a_bounded_error(labels: Tensor, activation: str) -> None:
    huge = torch.full((BATCH, CLASSES), -1e30)
    huge[:, 0] = 1e30
    huge.requires_grad_()
    error = gradient(losses.make(isbe(activation), CLASSES), huge, labels)
    assert np.abs(error).max() <= 2.0


def test_the_modes_of_the_paper_and_those_apart() -> None:
    assert len(MODES) == 8
    assert not set(APART) & set(MODES)


@pytest.mark.parametrize(
    "overrides",
    [
        "loss=isbe_normalize",
        "loss=isbe_normalize loss.targets=onehot loss.implementation=function",
        "loss=isbe_dilated_softmax",
        "loss=isbe_dilated_softmax loss.dilation=[1,2,1,2,1,2,1,2,1,2]",
    ],
)
def test_a_training_with_the_modes_apart(make_config: Make, overrides: str) -> None:
    outcome = run.execute(make_config("device=cpu", "train.epochs=1", *overrides.split()))
    assert outcome.status == "done", outcome.note


@pytest.mark.parametrize(("steep", "flat", "ratio"), [("tanh", "sigmoid", 2), ("hardtanh", "hardsigmoid", 3)])  # fmt: skip
def test_a_symmetric_activation_is_another_one_of_scaled_scores(
    scores: Tensor, labels: Tensor, steep: str, flat: str, ratio: int
) -> None:
    """tanh(x) = 2 sigmoid(2x) - 1, hardtanh(x) = 2 hardsigmoid(3x) - 1, and their targets are mapped alike.

    So where scores are half as large, tanh sends sigmoid's error into the network.
    """
    scaled = gradient(losses.make(isbe(steep), CLASSES), scores / ratio, labels)
    plain = gradient(losses.make(isbe(flat), CLASSES), scores, labels)
    np.testing.assert_allclose(scaled / ratio, plain * 2 / ratio, rtol=0, atol=1e-12)
