"""Losses that multiply the angle to the label: L-Softmax and A-Softmax (SphereFace)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from isbe_bench.classifiers.angles import CosineScores
from isbe_bench.errors import InputError
from isbe_bench.losses.mode import MeanLoss
from isbe_bench.settings.loss import AngularLoss

_ALMOST_ONE = 1 - 1e-6  # the arc cosine has no derivative at 1


class Angular(MeanLoss):
    """Mean cross-entropy, of the label's score `|w| |x| psi(t)` in place of `|w| |x| cos(t)`.

    `psi(t) = (-1)^k cos(m t) - 2 k` where `m t` lies between `k pi` and `(k + 1) pi`. L-Softmax (Liu et
    al. 2016) takes the norm of the weights as it is, A-Softmax (Liu et al. 2017) takes 1. Their
    annealing, a mixture with plain softmax at the start of a training, is left out.

    Parameters
    ----------
    margin
        m, a whole number.
    classifier
        Of whose scores the loss is.
    """

    wants_features = True

    def __init__(self, margin: int, classifier: nn.Linear | CosineScores) -> None:
        self._margin = margin
        self._classifier = classifier

    def values(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        length = features[0].norm(dim=1, keepdim=True)
        if isinstance(self._classifier, CosineScores):
            products, lengths = scores / self._classifier.scale * length, length
        else:
            weights = self._classifier.weight[labels]
            products, lengths = scores, length * weights.norm(dim=1, keepdim=True)
        at_label = labels.unsqueeze(1)
        cosine = products.gather(1, at_label) / lengths.clamp(min=1e-12)
        angle = self._margin * torch.acos(cosine.clamp(-_ALMOST_ONE, _ALMOST_ONE))
        turns = (angle / math.pi).detach().floor()
        psi = (1 - 2 * (turns % 2)) * torch.cos(angle) - 2 * turns
        widened = products.scatter(1, at_label, lengths * psi)
        return F.cross_entropy(widened, labels, reduction="none")


def make(loss: AngularLoss, classifier: nn.Module | None) -> Angular:
    """The loss mode that the settings describe, of the scores of this classifier.

    Raises
    ------
    InputError
        A classifier that it is not defined for.
    """
    if loss.name == "a_softmax" and isinstance(classifier, CosineScores):
        return Angular(loss.margin, classifier)
    if loss.name == "l_softmax" and isinstance(classifier, nn.Linear) and not _has_bias(classifier):
        return Angular(loss.margin, classifier)
    needs = {
        "a_softmax": "cosines as scores; allowed is classifier=cosine or classifier=pedcc",
        "l_softmax": "scores w x; allowed is classifier=linear with arch.bias=false",
    }
    raise InputError(f"loss.name={loss.name}: needs {needs[loss.name]}")


def _has_bias(classifier: nn.Linear) -> bool:
    return "bias" in dict(classifier.named_parameters())
