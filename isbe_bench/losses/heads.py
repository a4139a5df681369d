"""The ways of `task=head`: the loss head alone, from scores to their gradient, without a network.

Each takes scores (batch, K) and labels (batch,) and returns the gradient that is sent back into the
network, (batch, K): `activation(scores) - targets`, over the batch size where the loss is a mean. That
of cross-entropy is `softmax(scores) - onehot(labels)`.
"""

import functools
import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.catalogue.heads import SCORE_HEADS
from isbe_bench.losses import fast_heads
from isbe_bench.losses.activations import ACTIVATIONS, softmax
from isbe_bench.losses.cross_entropy import separated
from isbe_bench.losses.isbe import CURVES, FunctionIsbe, SoftError
from isbe_bench.settings.loss import SYMMETRIC

Gradient = Callable[[Tensor, Tensor], Tensor]
"""(scores, labels) -> gradient; may overwrite the scores."""


@dataclass(frozen=True)
class Way:
    """One way.

    Attributes
    ----------
    make
        Builds the function from scores to their gradient.
    mean
        Whether that gradient is divided by the batch size.
    activation
        That of the soft error.
    """

    make: Callable[[], Gradient]
    mean: bool = False
    activation: str = "softmax"

    def reference(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The gradient in float64, not divided by a batch size."""
        return soft_error(self.activation)(scores.double(), labels)


def missing(way: str, device: str) -> str | None:
    """The reason why a way cannot run on this machine's `device` (`cpu` or `cuda`); None if it can."""
    if way == "ce_liger":
        return missing_kernels("Liger's", "liger_kernel", device)
    return missing_compiler(device) if way.endswith("_compiled") else None


def missing_kernels(whose: str, package: str, device: str) -> str | None:
    """The reason why the CUDA kernels of a package cannot run on this machine; None if they can."""
    if device != "cuda":
        return f"{whose} kernels need CUDA"
    if importlib.util.find_spec(package) is None:
        return f"{package.replace('_', '-')} is not installed (pip install isbe-bench[cuda])"
    return None


def missing_compiler(device: str) -> str | None:
    """The reason why `torch.compile` cannot run on this machine; None if it can."""
    if device == "cuda":
        found = importlib.util.find_spec("triton") is not None
        return None if found else "torch.compile needs triton, which is not installed"
    compilers = (os.environ.get("CXX", ""), "g++", "clang++")
    if any(shutil.which(name) for name in compilers if name):
        return None
    return "torch.compile needs a C++ compiler, and none of $CXX, g++ and clang++ is installed"


def _by_autograd(loss: Callable[[Tensor, Tensor], Tensor]) -> Gradient:
    def gradient(scores: Tensor, labels: Tensor) -> Tensor:
        leaf = scores.requires_grad_()
        value = loss(leaf, labels)
        (result,) = torch.autograd.grad(value, leaf, torch.ones_like(value))
        leaf.requires_grad_(False)
        return result

    return gradient


def _cross_entropy(reduction: str) -> Gradient:
    return _by_autograd(lambda scores, labels: F.cross_entropy(scores, labels, reduction=reduction))


def _separated_mean(scores: Tensor, labels: Tensor) -> Tensor:
    return separated(scores, labels).mean()


def _compiled() -> Gradient:
    return _by_autograd(torch.compile(F.cross_entropy, fullgraph=True, dynamic=False))


def _liger() -> Gradient:
    from liger_kernel.transformers import LigerCrossEntropyLoss

    return _by_autograd(LigerCrossEntropyLoss())


def _softmax_in_place(scores: Tensor) -> Tensor:
    """Overwrite the scores; safe, since a row's maximum and sum are computed before it is written."""
    return torch.softmax(scores, dim=1, out=scores)


def in_place(activation: str) -> Gradient:
    """The soft error of an activation over the scores."""
    if activation == "softmax":
        return SoftError(_softmax_in_place, on=1.0, off=0.0, mean=False)
    return fast_heads.in_place(activation)


def _elementwise(activation: str) -> dict[str, Way]:
    """The ways of an activation other than softmax, without those of the others."""
    forms: dict[str, Callable[[str], Gradient]] = {
        "direct": soft_error,
        "blocks": fast_heads.in_blocks,
        "inplace": in_place,
        "compiled": fast_heads.compiled,
    }
    return {
        f"isbe_{activation}_{form}": Way(functools.partial(make, activation), activation=activation)
        for form, make in forms.items()
    }


def soft_error(activation: str) -> SoftError:
    """Without blur, as cross-entropy is without label smoothing, so that its gradient is the same."""
    off = -1.0 if activation in SYMMETRIC else 0.0
    return SoftError(ACTIVATIONS[activation], on=1.0, off=off, mean=False)


def _function() -> Gradient:
    mode = FunctionIsbe(soft_error("softmax"), CURVES["section_4"])

    def gradient(scores: Tensor, labels: Tensor) -> Tensor:
        leaf = scores.requires_grad_()
        mode.forward(leaf, labels)
        mode.backward()
        result, leaf.grad = leaf.grad, None
        leaf.requires_grad_(False)
        assert result is not None
        return result

    return gradient


def _one_hot(scores: Tensor, labels: Tensor) -> Tensor:
    """The formula taken literally: a one-hot matrix, and a difference of matrices."""
    targets = F.one_hot(labels, scores.shape[1]).to(scores.dtype)
    return softmax(scores) - targets


_WAYS = {
    "ce_mean": Way(lambda: _cross_entropy("mean"), mean=True),
    "ce_none": Way(lambda: _cross_entropy("none")),
    "ce_sum": Way(lambda: _cross_entropy("sum")),
    "ce_separated": Way(lambda: _by_autograd(_separated_mean), mean=True),
    "ce_compiled": Way(_compiled, mean=True),
    "ce_liger": Way(_liger, mean=True),
    "isbe_direct": Way(lambda: soft_error("softmax")),
    "isbe_inplace": Way(lambda: in_place("softmax")),
    "isbe_compiled": Way(lambda: fast_heads.compiled("softmax")),
    "isbe_function": Way(_function),
    "isbe_onehot": Way(lambda: _one_hot),
    **{name: way for each in fast_heads.ELSEWHERE for name, way in _elementwise(each).items()},
}

WAYS = {name: _WAYS[name] for name in SCORE_HEADS}
"""In the order of the catalogue, which leaves out blocks where one operation is the whole error."""
