"""Cross-entropy of SoftMax, the reference that ISBE is compared with."""

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.losses.mode import LossValue, MeanLoss
from isbe_bench.settings import loss as settings


class CrossEntropy(LossValue):
    """Cross-entropy of SoftMax (paper, Formula 2) with one of the three reductions."""

    def __init__(self, reduction: str, label_smoothing: float = 0.0) -> None:
        self._reduction = reduction
        self._label_smoothing = label_smoothing
        self.averages = reduction == "mean"

    def forward(self, scores: Tensor, labels: Tensor, *features: Tensor) -> None:
        self._loss = F.cross_entropy(
            scores, labels, reduction=self._reduction, label_smoothing=self._label_smoothing
        )

    @torch.no_grad()
    def per_image(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        return F.cross_entropy(scores, labels, reduction="none", label_smoothing=self._label_smoothing)


def separated(scores: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each image, SoftMax and logarithm apart (paper, Diagrams 1 and 6).

    The logarithm of a soft score that rounds to 0 is minus infinity, and its gradient is NaN: in float32
    where the label's score is more than about 103 below the logarithm of the sum of exponentials.
    """
    return -torch.log(torch.softmax(scores, dim=1)).gather(1, labels.unsqueeze(1)).squeeze(1)


class SeparatedCrossEntropy(MeanLoss):
    """The mean of `separated`."""

    def values(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        return separated(scores, labels)


def make(loss: settings.CrossEntropy) -> CrossEntropy:
    """The loss mode that the settings describe."""
    return CrossEntropy(loss.reduction, loss.label_smoothing)
