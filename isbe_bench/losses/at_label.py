"""Adding to the score of each image's label, as every soft error does."""

import torch
from torch import Tensor

_HALF = (torch.float16, torch.bfloat16)


def add_at_label(values: Tensor, labels: Tensor, steps: Tensor) -> Tensor:
    """Add a step to each row of `values` at its label, in place.

    Parameters
    ----------
    values
        (batch, K), or (batch, K, d1, ...).
    labels
        Classes in [0, K), int64: (batch,), or (batch, d1, ...).
    steps
        (batch, 1), or (1, 1) for all rows alike.
    """
    if values.dtype in _HALF and values.is_cpu and values.ndim == 2:
        # There, scatter_add_ works in a float32 copy of all values.
        rows = torch.arange(len(values))
        return values.index_put_((rows, labels), steps.flatten(), accumulate=True)
    at_label = labels.unsqueeze(1)
    return values.scatter_add_(1, at_label, steps.expand_as(at_label))
