"""The ways of `task=head` with features: a linear layer and the loss head after it, without a network.

Each takes features (batch, D), weights (K, D) and labels (batch,), and returns the gradients of features
and weights. The scores, (batch, K), can be far larger than both. Softmax needs a whole row of them at
once, and an activation that works element by element needs none: so its soft error is formed for a block
of classes, used in both products, and forgotten.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.catalogue.heads import LINEAR_HEADS
from isbe_bench.losses import fast_heads, heads

Gradients = tuple[Tensor, Tensor]
"""Of the features, (batch, D), and of the weights, (K, D)."""
LinearGradient = Callable[[Tensor, Tensor, Tensor], Gradients]
"""(features, weights, labels) -> gradients."""
_Loss = Callable[[Tensor, Tensor, Tensor], Tensor]

_PACKAGES = {"linear_ce_liger": "liger_kernel", "linear_ce_cut": "cut_cross_entropy"}
_CHUNKS = 8  # of a batch, for softmax
_CLASSES = 1024  # in a block: with a batch of some hundred images, its soft error fits into a cache


@dataclass(frozen=True)
class LinearWay:
    """One way; the attributes are those of `heads.Way`."""

    make: Callable[[], LinearGradient]
    mean: bool = False
    activation: str = "softmax"

    def reference(self, features: Tensor, weights: Tensor, labels: Tensor) -> Gradients:
        """The gradients in float64, not divided by the batch size."""
        features, weights = features.double(), weights.double()
        error = heads.soft_error(self.activation)(features @ weights.T, labels)
        return error @ weights, error.T @ features


def products(features: Tensor, weights: Tensor, labels: Tensor) -> Gradients:
    """The three matrix products of every way, on blocks of classes and without any soft error."""
    return _by_classes(lambda scores, labels, first: scores, features, weights, labels)


def missing(way: str, device: str) -> str | None:
    """The reason why a way cannot run on this machine's `device` (`cpu` or `cuda`); None if it can."""
    if way == "linear_ce_chunked" and not hasattr(torch.nn, "LinearCrossEntropyOptions"):
        return "needs PyTorch 2.13 or later"
    if package := _PACKAGES.get(way):
        return heads.missing_kernels("its", package, device)
    return heads.missing_compiler(device) if way.endswith("_compiled") else None


def _by_autograd(loss: _Loss) -> LinearGradient:
    def gradient(features: Tensor, weights: Tensor, labels: Tensor) -> Gradients:
        leaves = features.detach().requires_grad_(), weights.detach().requires_grad_()
        for_features, for_weights = torch.autograd.grad(loss(*leaves, labels), leaves)
        return for_features, for_weights

    return gradient


def _apart(features: Tensor, weights: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(F.linear(features, weights), labels)


def _chunked() -> LinearGradient:
    options = torch.nn.LinearCrossEntropyOptions()
    return _by_autograd(functools.partial(F.linear_cross_entropy, options=options))


def _liger() -> LinearGradient:
    from liger_kernel.transformers import LigerFusedLinearCrossEntropyLoss

    loss: Any = LigerFusedLinearCrossEntropyLoss()
    return _by_autograd(lambda features, weights, labels: loss(weights, features, labels))


def _cut() -> LinearGradient:
    from cut_cross_entropy import linear_cross_entropy

    # Without its filter, which leaves small gradients out.
    return _by_autograd(functools.partial(linear_cross_entropy, filter_eps=None))


def _whole(activation: str) -> LinearGradient:
    """The soft error of all scores at once, over them."""
    form = heads.in_place(activation)

    def gradient(features: Tensor, weights: Tensor, labels: Tensor) -> Gradients:
        error = form(features @ weights.T, labels)
        return error @ weights, error.T @ features

    return gradient


def _softmax_by_rows(features: Tensor, weights: Tensor, labels: Tensor) -> Gradients:
    """The soft error of some images at a time; the gradient of the weights is their sum."""
    form = heads.in_place("softmax")
    for_features, for_weights = torch.empty_like(features), torch.zeros_like(weights)
    size = -(-len(features) // _CHUNKS)
    buffer = features.new_empty(size, len(weights))
    chunks = (each.split(size) for each in (features, labels, for_features))
    for some, their_labels, target in zip(*chunks, strict=True):
        error = form(torch.mm(some, weights.T, out=buffer[: len(some)]), their_labels)
        torch.mm(error, weights, out=target)
        for_weights.addmm_(error.T, some)
    return for_features, for_weights


_Form = Callable[[Tensor, Tensor, int], Tensor]
"""From the scores of a block of classes, labels and the block's first class to the soft error."""


def _by_classes(form: _Form, features: Tensor, weights: Tensor, labels: Tensor) -> Gradients:
    """The soft error of some classes at a time; the gradient of the features is a sum over them."""
    for_features = torch.zeros(features.shape, device=features.device)  # sums need float32
    for_weights = torch.empty_like(weights)
    size = min(_CLASSES, len(weights))
    buffer = features.new_empty(len(features), size)
    for first in range(0, len(weights), size):
        block = slice(first, first + size)
        scores = buffer[:, : len(weights[block])]
        error = form(torch.mm(features, weights[block].T, out=scores), labels, first)
        for_features += error @ weights[block]
        torch.mm(error.T, features, out=for_weights[block])
    return for_features.to(features.dtype), for_weights


def _elementwise(activation: str) -> LinearGradient:
    return functools.partial(_by_classes, functools.partial(fast_heads.over_block, activation))


_WAYS = {
    "linear_ce": LinearWay(lambda: _by_autograd(_apart), mean=True),
    "linear_ce_compiled": LinearWay(
        lambda: _by_autograd(torch.compile(_apart, fullgraph=True, dynamic=False)), mean=True
    ),
    "linear_ce_chunked": LinearWay(_chunked, mean=True),
    "linear_ce_liger": LinearWay(_liger, mean=True),
    "linear_ce_cut": LinearWay(_cut, mean=True),
    "linear_isbe_softmax": LinearWay(lambda: _whole("softmax")),
    "linear_isbe_softmax_chunked": LinearWay(lambda: _softmax_by_rows),
    **{
        f"linear_isbe_{each}_chunked": LinearWay(functools.partial(_elementwise, each), activation=each)
        for each in fast_heads.ELSEWHERE
    },
}

WAYS = {name: _WAYS[name] for name in LINEAR_HEADS}
"""In the order of the catalogue."""
