"""ISBE: the soft error `E = Y - Y°` is sent into the network in place of a loss gradient."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from isbe_bench.losses.activations import (
    ACTIVATIONS,
    Activation,
    Dilation,
    hardsigmoid_section_4,
    own_activation,
    softmax,
)
from isbe_bench.losses.at_label import add_at_label
from isbe_bench.losses.mode import LossMode
from isbe_bench.settings.loss import DilatedIsbe, Isbe, OwnIsbe

Curve = Callable[[Tensor], Tensor]
"""From an unscaled error, (batch, K), to the value of each image, (batch,)."""


@dataclass(frozen=True)
class SoftError:
    """`E = activation(X) - targets`, formed without a one-hot matrix.

    A row of blurred targets has the value `on` at the label and `off` elsewhere. So `off` is subtracted
    from the whole row, and `on - off` at the label alone. The batch may have more dimensions behind K:
    scores (N, K, H, W) and labels (N, H, W).

    Attributes
    ----------
    activation
        (batch, K) -> (batch, K), into [0, 1] or [-1, 1]; returns a new tensor.
    on, off
        The target's value at the label and elsewhere.
    mean
        Whether `E` is divided by the batch size.
    """

    activation: Activation
    on: float
    off: float
    mean: bool

    @staticmethod
    def from_settings(loss: Isbe, classes: int) -> "SoftError":
        """The soft error that the settings describe, for `classes` classes.

        Appendix B blurs one-hot rows to `onehot * (1 - K * eps) + eps`; Section 3 to `1 - mu` at the
        label and `mu / (K - 1)` elsewhere. Both are mapped to `2Y° - 1` where the mode is symmetric.
        """
        amount = loss.blur_amount
        if loss.blur == "appendix_b":
            on, off = appendix_b(classes, amount, loss.symmetric)
        else:
            on, off = _mapped(1.0 - amount, amount / (classes - 1), loss.symmetric)
        mean = loss.scale == "mean"
        if isinstance(loss, DilatedIsbe):
            dilation = Dilation(loss.dilation)
            return DilatedSoftError(lambda scores: softmax(dilation(scores)), on, off, mean, dilation)
        if isinstance(loss, OwnIsbe):
            return SoftError(own_activation(loss.activation), on, off, mean)
        activation = ACTIVATIONS[loss.activation_name]
        if loss.activation_name == "hardsigmoid" and loss.hardsigmoid == "section_4":
            activation = hardsigmoid_section_4
        return SoftError(activation, on, off, mean)

    def confidences(self, scores: Tensor) -> Tensor:
        """Soft scores where targets are in [0, 1], (batch, K); `(Y + 1) / 2` where they are in [-1, 1].

        Those of softmax alone sum to 1. A value is the network's word on one class against all others.
        """
        soft = self.activation(scores.clone())
        return (soft + 1) / 2 if self.off < 0 else soft

    def unscaled(self, scores: Tensor, labels: Tensor) -> Tensor:
        """`Y - Y°`, shape (batch, K); `scores` must not require a gradient.

        `labels` may be soft targets (batch, K) as well.
        """
        if labels.is_floating_point():
            return self.from_soft_targets(scores, labels)
        error = self.activation(scores)
        if self.off:
            error.sub_(self.off)
        return add_at_label(error, labels, error.new_full((1, 1), self.off - self.on))

    def from_soft_targets(self, scores: Tensor, targets: Tensor) -> Tensor:
        """The same for soft targets in [0, 1], shape (batch, K), blurred and mapped as labels are."""
        error = self.activation(scores).sub_(targets, alpha=self.on - self.off)
        return error.sub_(self.off) if self.off else error

    def __call__(self, scores: Tensor, labels: Tensor) -> Tensor:
        """`E`, shape (batch, K): divided by the batch size if the settings ask for the mean."""
        error = self.unscaled(scores, labels)
        return error.div_(len(error)) if self.mean else error


def appendix_b(classes: int, amount: float, symmetric: bool) -> tuple[float, float]:
    """`on` and `off` of `onehot * (1 - K * eps) + eps`, where eps is `amount`."""
    return _mapped(1.0 - classes * amount + amount, amount, symmetric)


def _mapped(on: float, off: float, symmetric: bool) -> tuple[float, float]:
    return (2.0 * on - 1.0, 2.0 * off - 1.0) if symmetric else (on, off)


@dataclass(frozen=True)
class DilatedSoftError(SoftError):
    """`E = d ⊙ (Y - Y°)`: the dilation multiplies the scores and their error (Formula A3)."""

    dilation: Dilation

    def __call__(self, scores: Tensor, labels: Tensor) -> Tensor:
        return self.dilation(super().__call__(scores, labels))


def _squared_norm(error: Tensor) -> Tensor:
    return error.square().sum(dim=1)


def _mean_square(error: Tensor) -> Tensor:
    return error.square().mean(dim=1)


CURVES: dict[str, Curve] = {
    "section_4": _squared_norm,
    "appendix_b": _mean_square,
}
"""Section 4.1.3 sums over the classes, Appendix B averages."""


class _Isbe(LossMode):
    """The error and the learning curve of both implementations."""

    def __init__(self, error: SoftError, curve: Curve) -> None:
        self._error = error
        self._curve = curve
        self.averages = error.mean

    @torch.no_grad()
    def per_image(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        return self._curve(self._error.unscaled(scores, labels))

    @torch.no_grad()
    def confidences(self, scores: Tensor) -> Tensor:
        return self._error.confidences(scores)


class DirectIsbe(_Isbe):
    """`scores.backward(E)`, the direct implementation (Appendix B.1): no autograd node of its own."""

    _pending: tuple[Tensor, Tensor] | None = None

    def forward(self, scores: Tensor, labels: Tensor, *features: Tensor) -> None:
        self._pending = scores, self._error(scores.detach(), labels)

    def backward(self) -> None:
        assert self._pending is not None, "backward() without forward()"
        (scores, error), self._pending = self._pending, None
        scores.backward(error)


class _SoftErrorFunction(torch.autograd.Function):
    """Forward, the value of the curve; backward, the soft error (Appendix B.2)."""

    @staticmethod
    def forward(
        scores: Tensor,
        labels: Tensor,
        form_error: SoftError,
        curve: Curve,
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
        # As in the paper, the incoming gradient is ignored: the only caller, FunctionIsbe.backward,
        # sends 1.
        (error,) = ctx.saved_tensors
        return error, None, None, None


class FunctionIsbe(_Isbe):
    """A `torch.autograd.Function` that takes the place of a loss (Appendix B.2)."""

    _loss: Tensor | None = None

    def forward(self, scores: Tensor, labels: Tensor, *features: Tensor) -> None:
        self._loss, _ = _SoftErrorFunction.apply(scores, labels, self._error, self._curve)  # type: ignore[no-untyped-call]

    def backward(self) -> None:
        assert self._loss is not None, "backward() without forward()"
        loss, self._loss = self._loss, None
        loss.backward()


def make(loss: Isbe, classes: int) -> LossMode:
    """The loss mode that the settings describe, for `classes` classes."""
    error, curve = SoftError.from_settings(loss, classes), CURVES[loss.curve]
    if loss.implementation == "direct":
        return DirectIsbe(error, curve)
    return FunctionIsbe(error, curve)
