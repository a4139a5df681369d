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
        raise _ERRORS[Path(fault).read_text()]
    return F.cross_entropy(scores, labels)


_ERRORS = {
    "device": getattr(torch, "AcceleratorError", RuntimeError)(
        "CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously reported"
    ),
    "memory": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
}
