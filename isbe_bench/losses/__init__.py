"""The loss modes: cross-entropy and ISBE as siblings behind one interface, and a user's own."""

from torch import nn

from isbe_bench.losses import cross_entropy, isbe, own
from isbe_bench.losses.mode import LossMode
from isbe_bench.settings.loss import CrossEntropy, Isbe
from isbe_bench.settings.own import OwnPart


def make(
    loss: CrossEntropy | Isbe | OwnPart, classes: int, network: nn.Module | None = None
) -> LossMode:
    """The loss mode that the settings describe, for `classes` classes.

    `network` is the one that it trains, which a user's own loss may ask the number of features of. Where
    the mode has weights, they come from PyTorch's global generator and are on its default device.

    Raises
    ------
    InputError
        A user's own loss that cannot be built; the suite's can.
    """
    if isinstance(loss, CrossEntropy):
        return cross_entropy.make(loss)
    if isinstance(loss, Isbe):
        return isbe.make(loss, classes)
    return own.make(loss, classes, network)
