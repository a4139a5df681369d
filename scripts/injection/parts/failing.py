"""Cross-entropy that fails as a device does, when a file says so."""

import os
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor


def failing(scores: Tensor, labels: Tensor) -> Tensor:
    """Scores (batch, K) and labels (batch,) to a scalar."""
    fault = os.environ.get("ISBE_BENCH_FAULT", "")
    if fault and Path(fault).exists():
        error, explanation = _ERRORS[message := Path(fault).read_text()]
        raise error(f"{message}{explanation}")
    return F.cross_entropy(scores, labels)


_ERRORS = {
    "CUDA error": (
        getattr(torch, "AcceleratorError", RuntimeError),
        ": unspecified launch failure\nCUDA kernel errors might be asynchronously reported",
    ),
    "CUDA out of memory": (torch.OutOfMemoryError, ". Tried to allocate 2.00 GiB."),
}
