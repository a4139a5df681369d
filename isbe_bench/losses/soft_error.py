"""The soft error as a plain function, for a training loop of one's own."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from isbe_bench.losses.activations import ACTIVATIONS, Activation
from isbe_bench.losses.isbe import SoftError, appendix_b
from isbe_bench.settings.loss import SYMMETRIC

_MAPPED = {*SYMMETRIC, "normalize"}  # the default in conf/loss/isbe_normalize.yaml, too
_IN_FLOAT32 = (torch.float16, torch.bfloat16)


@torch.no_grad()
def soft_error(
    scores: Tensor,
    labels: Tensor,
    activation: str | Activation = "softmax",
    *,
    symmetric: bool | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The soft error `activation(scores) - targets`: the gradient that ISBE sends into the network.

    `scores.backward(soft_error(scores, labels))` trains without a loss (Skarbek 2024, Appendix B.1).
    With softmax it is the gradient of the summed cross-entropy; divided by the batch size, of the mean.

    Parameters
    ----------
    scores
        Raw scores, floating: (N, C), (C,) or (N, C, d1, ...). They are not changed.
    labels
        Either classes in [0, C), int64: (N,), () or (N, d1, ...). Or soft targets in [0, 1], floating:
        the shape of the scores.
    activation
        `softmax`, `sigmoid`, `hardsigmoid`, `tanh`, `hardtanh`, `normalize`, or a function
        (batch, C) -> (batch, C). It is not differentiated, so parameters of its own are not trained.
    symmetric
        Whether targets are mapped to `2Y - 1`, for soft scores in [-1, 1]. By default True for `tanh`,
        `hardtanh` and `normalize`, and False for the other names. A function needs one of the two.
    ignore_index
        The label of elements whose error is 0. None ignores no element, and saves a pass over the error.
    label_smoothing
        In [0, 1], as in `torch.nn.CrossEntropyLoss`: C times eps of the paper's Appendix B.

    Returns
    -------
    Tensor
        The error, without a graph, in shape and type of the scores; computed in float32 at least.

    Raises
    ------
    ValueError
        Shapes that do not fit each other, or a parameter that is not allowed.
    TypeError
        Scores, labels or an activation of another type.
    """
    function, mapped = resolve(activation, symmetric, label_smoothing)
    _check(scores, labels)
    dim = class_dim(scores)
    classes = scores.shape[dim]
    on, off = appendix_b(classes, label_smoothing / classes, mapped)
    form = SoftError(function, on, off, mean=False)
    exact = at_least_float32(scores)
    if dim == 0:
        exact, labels = exact.unsqueeze(0), labels.unsqueeze(0)
    if labels.is_floating_point():
        error = form.from_soft_targets(exact, labels)
    elif ignore_index is None:
        error = form.unscaled(exact, labels)
    else:
        ignored = labels == ignore_index
        error = form.unscaled(exact, labels.masked_fill(ignored, 0))
        error.masked_fill_(ignored.unsqueeze(1), 0.0)
    return error.reshape(scores.shape).to(scores.dtype)


def class_dim(scores: Tensor) -> int:
    """The dimension of the classes, as in `torch.nn.CrossEntropyLoss`."""
    return 0 if scores.ndim == 1 else 1


def at_least_float32(scores: Tensor) -> Tensor:
    """The scores, in float32 if they have half precision."""
    return scores.float() if scores.dtype in _IN_FLOAT32 else scores


def resolve(
    activation: str | Activation, symmetric: bool | None, label_smoothing: float
) -> tuple[Activation, bool]:
    """The activation for classes in dimension 1, and whether its targets are mapped to `2Y - 1`.

    Raises
    ------
    ValueError, TypeError
        As `soft_error`.
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing={label_smoothing}: allowed is a number in [0, 1]")
    if isinstance(activation, str):
        if activation not in ACTIVATIONS:
            allowed = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation={activation!r}: allowed are {allowed}, or a function")
        return ACTIVATIONS[activation], activation in _MAPPED if symmetric is None else symmetric
    if not callable(activation):
        raise TypeError(f"activation={activation!r}: allowed is a name or a function")
    if symmetric is None:
        raise ValueError(
            "symmetric=None: allowed for a function as activation are True (soft scores in [-1, 1]) "
            "and False (in [0, 1])"
        )
    return partial(_by_rows, activation), symmetric


def _by_rows(activation: Callable[[Tensor], Tensor], scores: Tensor) -> Tensor:
    """Call a user's function with a copy as (batch, C), which it may overwrite or return."""
    copy = scores.movedim(1, -1).clone(memory_format=torch.contiguous_format)
    rows = copy.flatten(0, -2)
    soft = activation(rows)
    if soft.shape != rows.shape:
        raise ValueError(
            f"activation: makes {tuple(soft.shape)} of {tuple(rows.shape)}; allowed is the same shape"
        )
    return soft.to(scores.dtype).reshape(copy.shape).movedim(-1, 1).contiguous()


def _check(scores: Tensor, labels: Tensor) -> None:
    if not scores.is_floating_point():
        raise TypeError(f"scores: have type {scores.dtype}; allowed is a floating type")
    if scores.ndim == 0 or scores.shape[class_dim(scores)] == 0:
        raise ValueError(
            f"scores: have shape {tuple(scores.shape)}; allowed are (N, C), (C,) and (N, C, d1, ...)"
        )
    if labels.is_floating_point():
        expected, kind = tuple(scores.shape), "soft targets"
    elif labels.dtype == torch.int64:
        dim = class_dim(scores)
        expected, kind = tuple(scores.shape[:dim] + scores.shape[dim + 1 :]), "classes"
    else:
        raise TypeError(
            f"labels: have type {labels.dtype}; allowed is torch.int64 for classes, as labels.long() "
            "gives, or a floating type for soft targets"
        )
    if tuple(labels.shape) != expected:
        raise ValueError(
            f"labels: have shape {tuple(labels.shape)}; allowed for {kind} and scores of shape "
            f"{tuple(scores.shape)} is {expected}"
        )
