"""Center loss (Wen et al. 2016): cross-entropy, and the distance of features from a centre."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from isbe_bench.losses.mode import LossValue


class Center(LossValue):
    """`cross-entropy + weight * mean |x - c_y|^2`, of features x (batch, D) and the label's centre.

    The centres learn with the network, by the same optimiser; in the text they have a rate of their own.

    Parameters
    ----------
    classes, features
        K and D.
    weight
        lambda.
    """

    averages = True
    wants_features = True

    def __init__(self, classes: int, features: int, weight: float) -> None:
        self._centres = nn.Embedding(classes, features)
        nn.init.uniform_(self._centres.weight, -(features**-0.5), features**-0.5)
        self.module = self._centres
        self._weight = weight

    def forward(self, scores: Tensor, labels: Tensor, *features: Tensor) -> None:
        self._loss = self._values(scores, labels, features[0]).mean()

    @torch.no_grad()
    def per_image(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        return self._values(scores, labels, features[0])

    def _values(self, scores: Tensor, labels: Tensor, features: Tensor) -> Tensor:
        distance: Tensor = (features - self._centres(labels)).square().sum(dim=1)
        return F.cross_entropy(scores, labels, reduction="none") + self._weight * distance
