"""The loss modes: cross-entropy and ISBE as siblings behind one interface, others, and a user's own."""

from torch import nn

from isbe_bench.losses import angular, cross_entropy, isbe, margins, own
from isbe_bench.losses.center import Center
from isbe_bench.losses.mode import LossMode
from isbe_bench.networks import features
from isbe_bench.settings import loss as settings


def make(loss: settings.Loss, classes: int, network: nn.Module | None = None) -> LossMode:
    """The loss mode that the settings describe, for `classes` classes.

    `network` is the one that it trains, which some losses ask about its classifier. Where the mode has
    weights, they come from PyTorch's global generator and are on its default device.

    Raises
    ------
    InputError
        A loss that does not fit the network's classifier, or a user's own that cannot be built.
    """
    match loss:
        case settings.CrossEntropy():
            return cross_entropy.make(loss)
        case settings.SeparatedCrossEntropy():
            return cross_entropy.SeparatedCrossEntropy()
        case settings.AmSoftmax() | settings.PedccLoss():
            return margins.make(loss, _classifier(network, classes))
        case settings.AngularLoss():
            return angular.make(loss, _classifier(network, classes))
        case settings.CenterLoss():
            assert network is not None, "center loss without a network"
            return Center(classes, features.feature_width(network, classes), loss.weight)
        case settings.Isbe():
            return isbe.make(loss, classes)
        case settings.OwnLoss():
            return own.make(loss, classes, network)


def _classifier(network: nn.Module | None, classes: int) -> nn.Module | None:
    return None if network is None else features.classifier(network, classes)
