"""The loss modes: cross-entropy and ISBE as siblings behind one small interface.

A mode receives raw scores `X` of shape (batch, K) and integer labels of shape (batch,). Its `forward`
forms the value that back-propagation starts from, which belongs to the forward phase; its `backward`
starts it. For cross-entropy that value is the loss, for ISBE it is the soft error
`E = activation(X) - targets` itself (Skarbek 2024, Section 3).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.errors import InputError
from isbe_bench.settings import loss as settings


class LossMode(Protocol):
    """One way to train."""

    def forward(self, scores: Tensor, labels: Tensor) -> None:
        """Form the value that back-propagation starts from.

        `scores` is (batch, K), floating, part of a graph; `labels` is (batch,), int64 in [0, K).
        """

    def backward(self) -> None:
        """Send the gradient of the last `forward` into the network, and forget it."""

    def per_image(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The value of this mode's learning curve for each image: (batch,), no gradient."""


def make(loss: settings.Loss, classes: int) -> LossMode:
    """The loss mode that a configuration describes, for `classes` classes."""
    if isinstance(loss, settings.OwnLoss):
        raise InputError(f"loss._target_={loss.target}: own losses cannot be made yet")
    if isinstance(loss, settings.CrossEntropy):
        return CrossEntropy(loss.reduction, loss.label_smoothing)
    error = SoftError.of(loss, classes)
    curve = CURVES[loss.curve]
    if loss.implementation == "direct":
        return DirectIsbe(error, curve)
    return FunctionIsbe(error, curve)


class CrossEntropy:
    """Cross-entropy of SoftMax (paper, Formula 2) with one of the three reductions.

    Without reduction the batch of losses is sent back with a gradient of ones, as in Appendix B.2.
    """

    def __init__(self, reduction: str, label_smoothing: float = 0.0) -> None:
        self._reduction = reduction
        self._label_smoothing = label_smoothing
        self._loss: Tensor | None = None

    def forward(self, scores: Tensor, labels: Tensor) -> None:
        self._loss = F.cross_entropy(
            scores, labels, reduction=self._reduction, label_smoothing=self._label_smoothing
        )

    def backward(self) -> None:
        assert self._loss is not None, "backward() without forward()"
        loss, self._loss = self._loss, None
        loss.backward(torch.ones_like(loss))

    @torch.no_grad()
    def per_image(self, scores: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(scores, labels, reduction="none", label_smoothing=self._label_smoothing)


def _softmax(scores: Tensor) -> Tensor:
    return torch.softmax(scores, dim=1)


def hardsigmoid_section_4(scores: Tensor) -> Tensor:
    """The hard sigmoid that Section 4.1 prints: clip((x + 2) / 4, 0, 1)."""
    return (scores * 0.25).add_(0.5).clamp_(0.0, 1.0)


def _normalize(scores: Tensor) -> Tensor:
    return F.normalize(scores, p=2.0, dim=1)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "softmax": _softmax,
    "sigmoid": torch.sigmoid,
    "hardsigmoid": F.hardsigmoid,
    "tanh": torch.tanh,
    "hardtanh": F.hardtanh,
    "normalize": _normalize,
}


class Dilation:
    """`d ⊙ x` for rows x of K values, with one factor for all classes or one for each."""

    def __init__(self, factors: float | tuple[float, ...]) -> None:
        self._factors = torch.tensor(factors, dtype=torch.float64)

    def __call__(self, rows: Tensor) -> Tensor:
        # Kept where the rows are: a copy to the device in every step could not become a CUDA graph.
        self._factors = self._factors.to(rows)
        return self._factors * rows


@dataclass(frozen=True)
class SoftError:
    """`E = activation(X) - targets`, formed without a one-hot matrix.

    A blurred target row holds one value `on` at the label and one value `off` elsewhere, so `off` is
    taken from the whole row and `on - off` from the label alone.

    Attributes
    ----------
    activation
        (batch, K) -> (batch, K), into [0, 1] or [-1, 1]; returns a new tensor.
    on, off
        The target's value at the label and elsewhere.
    mean
        Whether `E` is divided by the batch size.
    """

    activation: Callable[[Tensor], Tensor]
    on: float
    off: float
    mean: bool

    @staticmethod
    def of(loss: settings.Isbe, classes: int) -> "SoftError":
        """The soft error that a configuration describes.

        Appendix B blurs one-hot rows to `onehot * (1 - K * eps) + eps`; Section 3 to `1 - mu` at the
        label and `mu / (K - 1)` elsewhere. Both are mapped to `2Y° - 1` where the mode is symmetric.
        """
        amount = loss.blur_amount
        if loss.blur == "appendix_b":
            on, off = 1.0 - classes * amount + amount, amount
        else:
            on, off = 1.0 - amount, amount / (classes - 1)
        if loss.symmetric:
            on, off = 2.0 * on - 1.0, 2.0 * off - 1.0
        mean = loss.scale == "mean"
        if isinstance(loss, settings.DilatedIsbe):
            dilation = Dilation(loss.dilation)
            return DilatedSoftError(lambda scores: _softmax(dilation(scores)), on, off, mean, dilation)
        activation = ACTIVATIONS[loss.activation]
        if loss.activation == "hardsigmoid" and loss.hardsigmoid == "section_4":
            activation = hardsigmoid_section_4
        return SoftError(activation, on, off, mean)

    def unscaled(self, scores: Tensor, labels: Tensor) -> Tensor:
        """`Y - Y°`, shape (batch, K); `scores` must not require a gradient."""
        error = self.activation(scores)
        if self.off:
            error.sub_(self.off)
        at_label = labels.unsqueeze(1)
        step = error.new_full((1, 1), self.off - self.on).expand_as(at_label)
        return error.scatter_add_(1, at_label, step)

    def __call__(self, scores: Tensor, labels: Tensor) -> Tensor:
        """`E`, shape (batch, K), scaled as configured."""
        error = self.unscaled(scores, labels)
        return error.div_(len(error)) if self.mean else error


@dataclass(frozen=True)
class DilatedSoftError(SoftError):
    """`E = d ⊙ (Y - Y°)`: a dilation of the scores multiplies their error as well (Formula A3)."""

    dilation: Dilation

    def __call__(self, scores: Tensor, labels: Tensor) -> Tensor:
        return self.dilation(super().__call__(scores, labels))


def _squared_norm(error: Tensor) -> Tensor:
    return error.square().sum(dim=1)


def _mean_square(error: Tensor) -> Tensor:
    return error.square().mean(dim=1)


CURVES: dict[str, Callable[[Tensor], Tensor]] = {
    "section_4": _squared_norm,
    "appendix_b": _mean_square,
}
"""Per image, from an unscaled error: Section 4.1.3 sums over classes, Appendix B averages."""


class _Isbe:
    """What both implementations of ISBE share: the error and its curve."""

    def __init__(self, error: SoftError, curve: Callable[[Tensor], Tensor]) -> None:
        self._error = error
        self._curve = curve

    @torch.no_grad()
    def per_image(self, scores: Tensor, labels: Tensor) -> Tensor:
        return self._curve(self._error.unscaled(scores, labels))


class DirectIsbe(_Isbe):
    """`scores.backward(E)`: the direct way of Appendix B.1, with no autograd node of its own."""

    _pending: tuple[Tensor, Tensor] | None = None

    def forward(self, scores: Tensor, labels: Tensor) -> None:
        self._pending = scores, self._error(scores.detach(), labels)

    def backward(self) -> None:
        assert self._pending is not None, "backward() without forward()"
        (scores, error), self._pending = self._pending, None
        scores.backward(error)


class _SoftErrorFunction(torch.autograd.Function):
    """Appendix B.2: the curve's value on the way forward, the soft error on the way back."""

    @staticmethod
    def forward(
        scores: Tensor,
        labels: Tensor,
        form_error: SoftError,
        curve: Callable[[Tensor], Tensor],
    ) -> tuple[Tensor, Tensor]:
        error = form_error(scores, labels)
        return curve(error).mean(), error

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(output[1])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor, None, None, None]:
        # As in the paper, the error is handed back whatever gradient arrives: `backward` of the
        # mode below is the only caller, and it sends 1.
        (error,) = ctx.saved_tensors
        return error, None, None, None


class FunctionIsbe(_Isbe):
    """`torch.autograd.Function` in the place of a loss (Appendix B.2)."""

    _loss: Tensor | None = None

    def forward(self, scores: Tensor, labels: Tensor) -> None:
        self._loss, _ = _SoftErrorFunction.apply(scores, labels, self._error, self._curve)  # type: ignore[no-untyped-call]

    def backward(self) -> None:
        assert self._loss is not None, "backward() without forward()"
        loss, self._loss = self._loss, None
        loss.backward()
