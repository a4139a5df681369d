"""The classifiers: one module each, chosen by name, or a user's own."""

from torch import nn

from isbe_bench.classifiers import own
from isbe_bench.classifiers.angles import Cosine, FixedCentroids
from isbe_bench.classifiers.centroids import CENTROIDS
from isbe_bench.classifiers.scaled_batch_norm import ScaledBatchNorm
from isbe_bench.settings import classifier as settings


def make(classifier: settings.Classifier, features: int, classes: int, bias: bool = False) -> nn.Module:
    """The classifier that the settings describe, from features (batch, D) to scores (batch, K).

    Its weights come from PyTorch's global generator and its device is PyTorch's default device. `bias`
    is that of a linear unit.

    Raises
    ------
    InputError
        A simplex of more classes than there is room for, or a user's own that cannot be built.
    """
    match classifier:
        case settings.Linear():
            return nn.Linear(features, classes, bias=bias)
        case settings.ScaledBatchNorm():
            return ScaledBatchNorm(features, classes, classifier.scale, classifier.affine)
        case settings.Cosine():
            return Cosine(features, classes, classifier.scale)
        case settings.Pedcc():
            centroids = CENTROIDS[classifier.centroids](classes, features)
            return FixedCentroids(centroids, classifier.scale)
        case settings.OwnClassifier():
            return own.make(classifier, features, classes)
