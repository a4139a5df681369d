"""The precision of forward and backward phase: float32, TF32, or bfloat16 where autocast takes it."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from isbe_bench.settings.device import Precision

Forward = Callable[[Tensor], Tensor]
"""From images to scores."""


def set_float32(precision: Precision) -> None:
    """Say whether CUDA may round the factors of float32 products to TF32: by default cuDNN does."""
    word = "tf32" if precision == "tf32" else "ieee"
    torch.backends.cuda.matmul.fp32_precision = word
    torch.backends.cudnn.conv.fp32_precision = word  # type: ignore[attr-defined]


def forward(network: nn.Module, precision: Precision, device: torch.device) -> Forward:
    """The network's forward phase in this precision; its scores are float32, or as its weights are."""
    if precision != "bf16":
        return network

    def in_bfloat16(images: Tensor) -> Tensor:
        # Without its cache of weights, which a capture of CUDA graphs must not keep.
        with torch.autocast(device.type, torch.bfloat16, cache_enabled=False):
            scores: Tensor = network(images)
        return scores.float()

    return in_bfloat16
