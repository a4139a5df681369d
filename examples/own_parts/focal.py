"""Focal loss (Lin et al. 2017): images that are classified right count less."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Focal(nn.Module):
    """The mean over images of (1 - p)^gamma times cross-entropy; p is the softmax of the label."""

    def __init__(self, gamma: float) -> None:
        super().__init__()
        self.gamma = gamma

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Scores (batch, K) and labels (batch,) to a scalar."""
        entropy = F.cross_entropy(scores, labels, reduction="none")
        return ((1 - torch.exp(-entropy)) ** self.gamma * entropy).mean()
