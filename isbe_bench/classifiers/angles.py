"""Classifiers by angle: `s cos` of features and the weights, or the fixed centroid, of each class."""

import torch.nn.functional as F
from torch import Tensor, nn


class CosineScores(nn.Module):
    """Scores in [-s, s], which a loss with a margin needs.

    Attributes
    ----------
    in_features
        D.
    scale
        s.
    weight
        (K, D), of any norm.
    """

    weight: Tensor

    def __init__(self, in_features: int, scale: float) -> None:
        super().__init__()
        self.in_features = in_features
        self.scale = scale

    def forward(self, features: Tensor) -> Tensor:
        """(batch, D) -> (batch, K)."""
        return self.scale * F.linear(F.normalize(features), F.normalize(self.weight))


class Cosine(CosineScores):
    """Learned weights, whose norms have no effect (Zhu et al. 2020, Section 2.1)."""

    def __init__(self, in_features: int, classes: int, scale: float) -> None:
        super().__init__(in_features, scale)
        # The same initial weights as those of a linear unit.
        self.weight = nn.Linear(in_features, classes, bias=False).weight


class FixedCentroids(CosineScores):
    """Unit vectors that do not learn (PEDCC: Zhu et al. 2019); `centroids` is (K, D)."""

    def __init__(self, centroids: Tensor, scale: float) -> None:
        super().__init__(centroids.shape[1], scale)
        self.register_buffer("weight", centroids)
