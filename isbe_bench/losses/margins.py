"""Losses with a margin between the classes, of scores that are `s` times a cosine."""

import torch.nn.functional as F
from torch import Tensor, nn

from isbe_bench.classifiers.angles import CosineScores
from isbe_bench.errors import InputError
from isbe_bench.losses.mode import MeanLoss
from isbe_bench.settings.loss import AmSoftmax, PedccLoss


class Margin(MeanLoss):
    """AM-Softmax (Wang et al. 2018; Zhu et al. 2020, Formula 2), and PEDCC-loss (Zhu et al. 2019).

    AM-Softmax is the mean cross-entropy of the scores `s cos`, of which that of the label is less by
    `s m`. PEDCC-loss adds `weight` times the mean squared distance of the normalised features from the
    centroid of the label, `2 - 2 cos` for unit vectors.

    Parameters
    ----------
    scale, margin
        s and m.
    weight
        Of the squared distance; 0 for AM-Softmax.
    """

    def __init__(self, scale: float, margin: float, weight: float = 0.0) -> None:
        self._scale = scale
        self._margin = margin
        self._weight = weight

    def values(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        at_label = labels.unsqueeze(1)
        margin = scores.new_full((1, 1), -self._scale * self._margin).expand_as(at_label)
        values = F.cross_entropy(scores.scatter_add(1, at_label, margin), labels, reduction="none")
        if self._weight:
            cosine = scores.gather(1, at_label).squeeze(1) / self._scale
            values = values + self._weight * (2 - 2 * cosine)
        return values


def make(loss: AmSoftmax | PedccLoss, classifier: nn.Module | None) -> Margin:
    """The loss mode that the settings describe, of the scores of this classifier.

    Raises
    ------
    InputError
        Its scores are no cosines.
    """
    if not isinstance(classifier, CosineScores):
        raise InputError(
            f"loss.name={loss.name}: needs scores that are cosines; allowed is classifier=cosine or "
            "classifier=pedcc"
        )
    return Margin(classifier.scale, loss.margin, loss.weight if isinstance(loss, PedccLoss) else 0.0)
