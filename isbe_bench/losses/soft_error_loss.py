"""The soft error as a module, where a script has `torch.nn.CrossEntropyLoss`."""

from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from isbe_bench.losses.activations import Activation
from isbe_bench.losses.soft_error import at_least_float32, class_dim, resolve, soft_error

Reduction = Literal["mean", "sum", "none"]


class SoftErrorLoss(nn.Module):
    """Takes the place of `torch.nn.CrossEntropyLoss`; its gradient is the soft error.

    The value is the learning curve of the paper (Section 4.1.3): the squared norm of the soft error of
    each element, reduced. The gradient is not the derivative of that value. It is `soft_error(scores,
    labels)`, for `mean` over the number of elements, times the gradient that arrives; with softmax, the
    gradient of cross-entropy. A second derivative does not exist: asking for it raises RuntimeError.

    It is called with scores and labels as `soft_error` takes them. Half-precision scores get a float32
    value and a gradient of their own type.

    Parameters
    ----------
    activation, symmetric, label_smoothing
        As in `soft_error`.
    reduction
        `mean` over the elements that are not ignored, `sum`, or `none`: a value for each element, in the
        shape that class labels have.
    ignore_index
        The label of elements that count for nothing.

    Raises
    ------
    ValueError, TypeError
        A parameter that is not allowed.
    """

    def __init__(
        self,
        activation: str | Activation = "softmax",
        reduction: Reduction = "mean",
        *,
        symmetric: bool | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        resolve(activation, symmetric, label_smoothing)
        if reduction not in get_args(Reduction):
            allowed = ", ".join(get_args(Reduction))
            raise ValueError(f"reduction={reduction!r}: allowed are {allowed}")
        self.activation = activation
        self.reduction = reduction
        self.symmetric = symmetric
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The value; its gradient is the soft error."""
        if labels.is_floating_point():
            values = self._values(scores, labels)
            return values.mean() if self.reduction == "mean" else self._summed(values)
        ignored = labels == self.ignore_index
        values = self._values(scores, labels.masked_fill(ignored, 0)).masked_fill(ignored, 0.0)
        if self.reduction == "mean":
            return values.sum() / (~ignored).sum()
        return self._summed(values)

    def _values(self, scores: Tensor, labels: Tensor) -> Tensor:
        exact = at_least_float32(scores)
        error = soft_error(
            exact,
            labels,
            self.activation,
            symmetric=self.symmetric,
            label_smoothing=self.label_smoothing,
        )
        values, _ = _SendError.apply(exact, error)  # type: ignore[no-untyped-call]
        return values  # type: ignore[no-any-return]

    def _summed(self, values: Tensor) -> Tensor:
        return values.sum() if self.reduction == "sum" else values

    def extra_repr(self) -> str:
        return f"activation={self.activation!r}, reduction={self.reduction!r}"


class _SendError(torch.autograd.Function):
    """Scores and their error -> the squared norm of the error of each element, and the error.

    The error is an output, so that a second derivative comes by here and can be refused. With the error
    as a constant it would be computed without complaint, and wrong.
    """

    generate_vmap_rule = True  # for torch.func

    @staticmethod
    def forward(scores: Tensor, error: Tensor) -> tuple[Tensor, Tensor]:
        return error.square().sum(dim=class_dim(error)), error.view_as(error)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: tuple[Tensor, Tensor]) -> None:
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(output[1])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, None]:
        incoming, second = grads
        # torch.compile traces with a tensor for each, and refuses second derivatives by itself.
        if second is not None and not torch.compiler.is_compiling():
            raise RuntimeError("SoftErrorLoss has no second derivative")
        (error,) = ctx.saved_tensors
        return None if incoming is None else error * incoming.unsqueeze(class_dim(error)), None
