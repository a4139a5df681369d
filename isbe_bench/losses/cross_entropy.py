"""Cross-entropy of SoftMax, the reference that ISBE is compared with."""

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.settings import loss as settings


class CrossEntropy:
    """Cross-entropy of SoftMax (paper, Formula 2) with one of the three reductions.

    Without reduction the batch of losses is sent back with a gradient of ones, as in Appendix B.2.
    """

    def __init__(self, reduction: str, label_smoothing: float = 0.0) -> None:
        self._reduction = reduction
        self._label_smoothing = label_smoothing
        self._loss: Tensor | None = None

    def forward(self, scores: Tensor, labels: Tensor) -> None:
        self._loss = F.cross_entropy(
            scores, labels, reduction=self._reduction, label_smoothing=self._label_smoothing
        )

    def backward(self) -> None:
        assert self._loss is not None, "backward() without forward()"
        loss, self._loss = self._loss, None
        loss.backward(torch.ones_like(loss))

    @torch.no_grad()
    def per_image(self, scores: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(scores, labels, reduction="none", label_smoothing=self._label_smoothing)


def make(loss: settings.CrossEntropy) -> CrossEntropy:
    """The loss mode that the settings describe."""
    return CrossEntropy(loss.reduction, loss.label_smoothing)
