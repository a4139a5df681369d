"""The soft error as a function and as a loss, in float64, against formulas written out by hand."""

import pickle
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from by_hand import BY_HAND, Array
from torch import Tensor, nn

from isbe_bench import SoftErrorLoss, losses, soft_error
from isbe_bench.losses.activations import ACTIVATIONS
from isbe_bench.losses.soft_error_loss import Reduction
from isbe_bench.settings import loss as settings

CLASSES = 5
SHAPES = [(7, CLASSES), (CLASSES,), (3, CLASSES, 4, 2)]
MAPPED = ("tanh", "hardtanh", "normalize")
REDUCTIONS: tuple[Reduction, ...] = ("mean", "sum", "none")


def draw(shape: tuple[int, ...], kind: str = "classes") -> tuple[Tensor, Tensor]:
    """Scores as a leaf, and labels of one kind: `classes`, `ignored` (some of them), `soft`."""
    generator = torch.Generator().manual_seed(0)
    scores = 3 * torch.randn(shape, generator=generator, dtype=torch.float64)
    elements = shape[:1] + shape[2:] if len(shape) > 1 else ()
    labels = torch.randint(CLASSES, elements, generator=generator)
    if kind == "ignored" and labels.ndim:
        labels[::2] = -1
    if kind == "soft":
        dim = min(1, len(shape) - 1)
        labels = torch.rand(shape, generator=generator, dtype=torch.float64).softmax(dim)
    return scores.requires_grad_(), labels


def by_hand(scores: Tensor, labels: Tensor, activation: str, smoothing: float = 0.0) -> Array:
    """The soft error of each element, row by row, with the classes moved to the end: (..., C)."""
    dim = min(1, scores.ndim - 1)
    x = np.moveaxis(scores.detach().numpy(), dim, -1)
    if labels.is_floating_point():
        targets = np.moveaxis(labels.numpy(), dim, -1)
    else:
        targets = np.eye(CLASSES)[labels.clamp(min=0).numpy()]
    targets = (1 - smoothing) * targets + smoothing / CLASSES
    if activation in MAPPED:
        targets = 2 * targets - 1
    soft = BY_HAND[activation, "pytorch"](x.reshape(-1, CLASSES)).reshape(x.shape)
    error: Array = soft - targets
    if not labels.is_floating_point():
        error[labels.numpy() == -1] = 0
    return error


def as_scores(error: Array) -> Array:
    """Classes back from the end to where scores have them."""
    return np.moveaxis(error, -1, min(1, error.ndim - 1))


def gradient(
    loss: Callable[[Tensor, Tensor], Tensor], scores: Tensor, labels: Tensor, incoming: float = 1.0
) -> Tensor:
    leaf = scores.detach().clone().requires_grad_()
    value = loss(leaf, labels)
    value.backward(torch.full_like(value, incoming))
    assert leaf.grad is not None
    return leaf.grad


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("kind", ["classes", "ignored", "soft"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_error_value_and_gradient_by_hand(
    activation: str, shape: tuple[int, ...], kind: str, smoothing: float
) -> None:
    scores, labels = draw(shape, kind)
    error = by_hand(scores, labels, activation, smoothing)
    values = np.square(error).sum(axis=-1)
    sent = soft_error(scores, labels, activation, ignore_index=-1, label_smoothing=smoothing)
    assert not sent.requires_grad
    np.testing.assert_allclose(sent, as_scores(error), rtol=0, atol=1e-14)
    counted = values.size if kind == "soft" else int((labels != -1).sum())
    for reduction, value, divisor in (
        ("mean", values.sum() / counted, counted),
        ("sum", values.sum(), 1),
        ("none", values, 1),
    ):
        assert reduction in REDUCTIONS
        loss = SoftErrorLoss(activation, reduction, ignore_index=-1, label_smoothing=smoothing)
        result = loss(scores, labels).detach()
        assert result.shape == value.shape
        np.testing.assert_allclose(result, value, rtol=1e-13)
        expected = as_scores(error) * 2.5 / divisor
        np.testing.assert_allclose(gradient(loss, scores, labels, 2.5), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("kind", ["classes", "ignored", "soft"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_softmax_has_the_gradient_of_cross_entropy(
    reduction: Reduction, shape: tuple[int, ...], kind: str
) -> None:
    scores, labels = draw(shape, kind)
    for smoothing in (0.0, 0.2):
        options = {"ignore_index": -1, "label_smoothing": smoothing}
        ours = SoftErrorLoss(reduction=reduction, **options)  # type: ignore[arg-type]
        theirs = nn.CrossEntropyLoss(reduction=reduction, **options)  # type: ignore[arg-type]
        assert ours(scores, labels).shape == theirs(scores, labels).shape
        torch.testing.assert_close(
            gradient(ours, scores, labels), gradient(theirs, scores, labels), rtol=0, atol=1e-14
        )


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_name_means_what_it_means_to_the_command(activation: str) -> None:
    """The loss mode `isbe_<name>` of `conf/loss` sends the same gradient, but for the blur of 1e-8."""
    scores, labels = draw((7, CLASSES))
    mode = losses.make(settings.in_full(f"isbe_{activation}"), CLASSES)
    mode.forward(scores, labels)
    mode.backward()
    assert scores.grad is not None
    ours = gradient(SoftErrorLoss(activation, "sum"), scores, labels)
    torch.testing.assert_close(ours, scores.grad, rtol=0, atol=1e-7)
    per_image = SoftErrorLoss(activation, "none")(scores, labels).detach()
    torch.testing.assert_close(per_image, mode.per_image(scores, labels), rtol=1e-6, atol=1e-7)


def test_scores_backward_is_the_direct_form() -> None:
    images, labels = torch.randn(7, 3, dtype=torch.float64), draw((7, CLASSES))[1]
    network = nn.Linear(3, CLASSES).double()
    F.cross_entropy(network(images), labels, reduction="sum").backward()
    assert network.weight.grad is not None
    expected, network.weight.grad = network.weight.grad, None
    scores = network(images)
    scores.backward(soft_error(scores, labels))
    torch.testing.assert_close(network.weight.grad, expected)


# --- activations of one's own -------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    ("name", "function", "symmetric"),
    [
        ("softmax", nn.Softmax(dim=-1), False),
        ("hardtanh", nn.Hardtanh(inplace=True), True),
        ("sigmoid", lambda rows: 1 / (1 + torch.exp(-rows)), False),
    ],
)
def test_a_function_gets_rows_and_may_overwrite_them(
    shape: tuple[int, ...], name: str, function: Callable[[Tensor], Tensor], symmetric: bool
) -> None:
    scores, labels = draw(shape, "ignored")
    before = scores.detach().clone()
    ours = soft_error(scores, labels, function, symmetric=symmetric, ignore_index=-1)
    expected = as_scores(by_hand(scores, labels, name))
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-14)
    loss = SoftErrorLoss(function, "sum", symmetric=symmetric, ignore_index=-1)
    np.testing.assert_allclose(gradient(loss, scores, labels), expected, rtol=0, atol=1e-14)
    assert torch.equal(scores.detach(), before)


def test_a_function_that_returns_its_argument_leaves_the_scores_alone() -> None:
    scores, labels = draw((7, CLASSES))
    before, labels_before = scores.detach().clone(), labels.clone()
    error = soft_error(scores, labels, lambda rows: rows, symmetric=False)
    torch.testing.assert_close(error, before - F.one_hot(labels, CLASSES))
    assert torch.equal(scores.detach(), before)
    assert torch.equal(labels, labels_before)


def test_an_activation_with_buffers_moves_with_the_loss() -> None:
    loss = SoftErrorLoss(nn.BatchNorm1d(CLASSES, affine=False), symmetric=True).double()
    assert {buffer.dtype for buffer in loss.buffers()} == {torch.float64, torch.int64}


def test_symmetric_targets_for_a_name() -> None:
    scores, labels = draw((7, CLASSES))
    on_sphere = soft_error(scores, labels, "normalize", symmetric=False)
    torch.testing.assert_close(on_sphere, F.normalize(scores.detach()) - F.one_hot(labels, CLASSES))


# --- in a training loop -------------------------------------------------------------------------------


def test_the_arriving_gradient_scales_it_for_each_element() -> None:
    scores, labels = draw((7, CLASSES))
    weights = torch.arange(7, dtype=torch.float64)
    ours = gradient(lambda x, y: (SoftErrorLoss(reduction="none")(x, y) * weights).sum(), scores, labels)
    expected = soft_error(scores, labels) * weights.unsqueeze(1)
    torch.testing.assert_close(ours, expected)


def test_two_halves_accumulate_to_the_whole_batch() -> None:
    scores, labels = draw((8, CLASSES))
    loss = SoftErrorLoss()
    leaf = scores.detach().clone().requires_grad_()
    for half in (slice(0, 4), slice(4, 8)):
        (loss(leaf[half], labels[half]) / 2).backward()
    assert leaf.grad is not None
    torch.testing.assert_close(leaf.grad, gradient(loss, scores, labels))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype: torch.dtype) -> None:
    scores, labels = draw((7, CLASSES))
    half = scores.detach().to(dtype)
    loss = SoftErrorLoss()
    assert loss(half, labels).dtype == torch.float32
    expected = gradient(loss, half.float(), labels).to(dtype)
    assert torch.equal(gradient(loss, half, labels), expected)
    assert torch.equal(soft_error(half, labels), soft_error(half.float(), labels).to(dtype))


def test_half_precision_with_a_gradient_scaler() -> None:
    """2^16 times the gradient, which float16 could not hold were it formed before the division."""
    scores, labels = draw((1000, CLASSES))
    leaf = scores.detach().half().requires_grad_()
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16)
    scaler.scale(SoftErrorLoss()(leaf, labels)).backward()
    assert leaf.grad is not None
    expected = soft_error(leaf, labels).double() / 1000
    torch.testing.assert_close(leaf.grad.double() / 2**16, expected, rtol=2e-3, atol=1e-7)


def test_autocast_gives_what_cross_entropy_gives_under_it() -> None:
    torch.manual_seed(0)
    images, labels = torch.randn(7, 3), draw((7, CLASSES))[1]
    network = nn.Linear(3, CLASSES)
    gradients = []
    for loss in (SoftErrorLoss(), nn.CrossEntropyLoss()):
        network.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = network(images)
            assert scores.dtype == torch.bfloat16
            value = loss(scores, labels)
        value.backward()
        assert value.dtype == torch.float32
        assert network.weight.grad is not None
        gradients.append(network.weight.grad.clone())
    torch.testing.assert_close(*gradients, rtol=1e-2, atol=1e-4)


def test_a_function_under_autocast_stays_in_the_precision_of_the_error() -> None:
    scores, labels = draw((7, CLASSES))
    loss = SoftErrorLoss(lambda rows: rows @ torch.eye(CLASSES), symmetric=False)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert loss(scores.float(), labels).dtype == torch.float32


def test_labels_that_are_all_ignored_give_nan_and_send_nothing() -> None:
    scores, _ = draw((7, CLASSES))
    ignored = torch.full((7,), -100)
    for ours, theirs in (
        (SoftErrorLoss(), nn.CrossEntropyLoss()),
        (SoftErrorLoss(reduction="sum"), nn.CrossEntropyLoss(reduction="sum")),
    ):
        expected = theirs(scores, ignored).detach()
        torch.testing.assert_close(ours(scores, ignored).detach(), expected, equal_nan=True)
        assert torch.equal(gradient(ours, scores, ignored), gradient(theirs, scores, ignored))


def test_a_gradient_for_each_image_by_torch_func() -> None:
    scores, labels = draw((7, CLASSES))
    each = torch.func.vmap(torch.func.grad(SoftErrorLoss()))(scores.detach(), labels)
    torch.testing.assert_close(each, soft_error(scores, labels))


def test_second_derivatives_are_refused_not_wrong() -> None:
    """As in a gradient penalty: the error depends on the weights, which a constant would not."""
    images = torch.randn(7, 3, dtype=torch.float64, requires_grad=True)
    network, loss, labels = nn.Linear(3, CLASSES).double(), SoftErrorLoss(), draw((7, CLASSES))[1]
    (first,) = torch.autograd.grad(loss(network(images), labels), images, create_graph=True)
    with pytest.raises(RuntimeError, match="SoftErrorLoss has no second derivative"):
        first.square().sum().backward()
    scores = network(images).detach()
    with pytest.raises(RuntimeError, match="SoftErrorLoss has no second derivative"):
        torch.func.jacrev(torch.func.grad(loss))(scores, labels)


def test_a_loss_can_be_stored_and_printed() -> None:
    copy = pickle.loads(pickle.dumps(SoftErrorLoss("tanh", "sum", ignore_index=-1)))
    scores, labels = draw((7, CLASSES), "ignored")
    np.testing.assert_allclose(
        gradient(copy, scores, labels), by_hand(scores, labels, "tanh"), rtol=0, atol=1e-14
    )
    assert repr(copy) == "SoftErrorLoss(activation='tanh', reduction='sum')"


# --- what is refused ----------------------------------------------------------------------------------

SCORES, LABELS = torch.zeros(4, CLASSES), torch.zeros(4, dtype=torch.int64)


@pytest.mark.parametrize(
    ("scores", "labels", "error", "message"),
    [
        (SCORES, LABELS.int(), TypeError, "labels: have type torch.int32; allowed is torch.int64 for classes"),
        (SCORES, LABELS.bool(), TypeError, "labels: have type torch.bool"),
        (SCORES.long(), LABELS, TypeError, "scores: have type torch.int64; allowed is a floating type"),
        (SCORES, LABELS[:3], ValueError, r"labels: have shape \(3,\); allowed for classes and scores of shape \(4, 5\) is \(4,\)"),
        (SCORES, LABELS.unsqueeze(1), ValueError, r"labels: have shape \(4, 1\)"),
        (SCORES, SCORES[:, :2], ValueError, r"labels: have shape \(4, 2\); allowed for soft targets and scores of shape \(4, 5\) is \(4, 5\)"),
        (SCORES[0], LABELS[:1], ValueError, r"scores of shape \(5,\) is \(\)"),
        (SCORES.view(2, 5, 2), LABELS, ValueError, r"scores of shape \(2, 5, 2\) is \(2, 2\)"),
        (torch.zeros(()), LABELS[0], ValueError, r"scores: have shape \(\); allowed are \(N, C\)"),
        (torch.zeros(4, 0), LABELS, ValueError, r"scores: have shape \(4, 0\)"),
        (SCORES, LABELS + 5, RuntimeError, "index 5 is out of bounds"),
        (SCORES, LABELS - 1, RuntimeError, "index -1 is out of bounds"),
    ],
)  # fmt: skip
def test_batches_that_do_not_fit(
    scores: Tensor, labels: Tensor, error: type[Exception], message: str
) -> None:
    for function in (SoftErrorLoss(), soft_error):
        with pytest.raises(error, match=message):
            function(scores, labels)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"activation": "relu"}, ValueError, "activation='relu': allowed are softmax, sigmoid, hardsigmoid, tanh, hardtanh, normalize, or a function"),
        ({"activation": 3}, TypeError, "activation=3: allowed is a name or a function"),
        ({"activation": torch.tanh}, ValueError, "symmetric=None: allowed for a function as activation are True"),
        ({"label_smoothing": 1.5}, ValueError, r"label_smoothing=1.5: allowed is a number in \[0, 1\]"),
        ({"reduction": "average"}, ValueError, "reduction='average': allowed are mean, sum, none"),
    ],
)  # fmt: skip
def test_parameters_that_do_not_fit(
    options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        SoftErrorLoss(**options)  # type: ignore[arg-type]
    if "reduction" not in options:
        with pytest.raises(error, match=message):
            soft_error(SCORES, LABELS, **options)  # type: ignore[arg-type]


def test_a_function_that_changes_the_shape() -> None:
    loss = SoftErrorLoss(lambda rows: rows[:, :2], symmetric=False)
    with pytest.raises(ValueError, match=r"activation: makes \(4, 2\) of \(4, 5\)"):
        loss(SCORES, LABELS)
