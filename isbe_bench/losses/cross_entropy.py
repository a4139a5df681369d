"""Cross-entropy of SoftMax, the reference that ISBE is compared with."""

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.losses.mode import LossValue
from isbe_bench.settings import loss as settings


class CrossEntropy(LossValue):
    """Cross-entropy of SoftMax (paper, Formula 2) with one of the three reductions."""

    def __init__(self, reduction: str, label_smoothing: float = 0.0) -> None:
        self._reduction = reduction
        self._label_smoothing = label_smoothing

    def forward(self, scores: Tensor, labels: Tensor, *features: Tensor) -> None:
        self._loss = F.cross_entropy(
            scores, labels, reduction=self._reduction, label_smoothing=self._label_smoothing
        )

    @torch.no_grad()
    def per_image(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        return F.cross_entropy(scores, labels, reduction="none", label_smoothing=self._label_smoothing)


def make(loss: settings.CrossEntropy) -> CrossEntropy:
    """The loss mode that the settings describe."""
    return CrossEntropy(loss.reduction, loss.label_smoothing)
