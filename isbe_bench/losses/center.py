"""Center loss (Wen et al. 2016): cross-entropy, and the distance of features from a centre."""

import torch.nn.functional as F
from torch import Tensor, nn

from isbe_bench.losses.mode import MeanLoss


class Center(MeanLoss):
    """`cross-entropy + weight * mean |x - c_y|^2`, of features x (batch, D) and the label's centre.

    The centres learn with the network, by the same optimiser; in the text they have a rate of their own.

    Parameters
    ----------
    classes, features
        K and D.
    weight
        lambda.
    """

    wants_features = True

    def __init__(self, classes: int, features: int, weight: float) -> None:
        self._centres = nn.Embedding(classes, features)
        nn.init.uniform_(self._centres.weight, -(features**-0.5), features**-0.5)
        self.module = self._centres
        self._weight = weight

    def values(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        distance: Tensor = (features[0] - self._centres(labels)).square().sum(dim=1)
        return F.cross_entropy(scores, labels, reduction="none") + self._weight * distance
