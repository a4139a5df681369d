"""Tries a user's own loss or activation on a tiny batch, before any work starts."""

import torch
from torch import Tensor, nn

from isbe_bench import losses
from isbe_bench.errors import InputError, describe_error
from isbe_bench.losses.own import CallableLoss
from isbe_bench.networks import features
from isbe_bench.settings.loss import OwnIsbe, OwnLoss

_BATCH = 3


def check(loss: OwnLoss | OwnIsbe, classes: int, network: nn.Module) -> None:
    """Check for a finite gradient of the right shape, and a finite value for each image.

    `network` is the one that the loss is to train, on any device.

    Raises
    ------
    InputError
        As `losses.make`, or a loss that fails on the batch or gives values of another shape.
    """
    own = loss.activation if isinstance(loss, OwnIsbe) else loss
    key = f"{'loss.activation' if isinstance(loss, OwnIsbe) else 'loss'}._target_={own.target}"
    batch = f"{_BATCH} images of {classes} classes"
    with torch.random.fork_rng(devices=[]):
        mode = losses.make(loss, classes, network)
        generator = torch.Generator().manual_seed(0)
        widths = [classes]
        if mode.wants_features:
            widths.append(features.feature_width(network, classes))
        scores, *extra = (
            torch.randn(_BATCH, width, generator=generator, requires_grad=True) for width in widths
        )
        labels = torch.randint(classes, (_BATCH,), generator=generator)
        try:
            mode.forward(scores, labels, *extra)
            shape = mode.shape if isinstance(mode, CallableLoss) else ()
            mode.backward()
            values = mode.per_image(scores.detach(), labels, *(each.detach() for each in extra))
        except Exception as error:
            raise InputError(f"{key}: fails on {batch} ({describe_error(error)})") from error
    if shape not in ((), (_BATCH,)):
        raise InputError(f"{key}: gives {shape} for {batch}; allowed is one number, or one an image")
    _check_gradients([scores, *extra], f"{key}: its gradient for {batch}")
    if values.shape != labels.shape or not bool(values.isfinite().all()):
        raise InputError(
            f"{key}: its values for {batch} are {values.tolist()}; allowed is a finite value for each "
            "image"
        )


def _check_gradients(inputs: list[Tensor], what: str) -> None:
    gradients = [each.grad for each in inputs if each.grad is not None]
    if not gradients:
        raise InputError(f"{what} is missing; allowed is a finite gradient")
    if not all(bool(each.isfinite().all()) for each in gradients):
        raise InputError(f"{what} is not finite; allowed is a finite gradient")
