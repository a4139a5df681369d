"""A user's own network, named by `_target_`."""

import torch
from torch import nn

from isbe_bench.data.images import Shape
from isbe_bench.errors import InputError
from isbe_bench.settings import targets
from isbe_bench.settings.targets import OwnPart, describe_error

_GROUP = "arch"
_BATCH = 2  # batch norm needs more than one image


def make(arch: OwnPart, shape: Shape, classes: int) -> nn.Module:
    """Call the target with its parameters and, where its signature names them, these of the data set:

    `num_classes` or `classes`; `in_channels` or `in_chans`; `image_size` or `img_size`, in pixels, a
    pair (height, width) if the images are oblong; `shape`, (channels, height, width). A target that
    names neither of the first two, but takes `**kwargs`, gets `num_classes`.

    Raises
    ------
    InputError
        A target or a parameter that does not fit, a target that fails, or a result other than a network.
    """
    target = targets.resolve(_GROUP, arch)
    channels, height, width = shape
    size = height if height == width else (height, width)
    supplied = {
        "num_classes": classes,
        "classes": classes,
        "in_channels": channels,
        "in_chans": channels,
        "image_size": size,
        "img_size": size,
        "shape": shape,
    }
    values = targets.arguments(_GROUP, arch, target, supplied)
    if targets.accepts_any_keyword(target) and not {"num_classes", "classes"} & values.keys():
        values["num_classes"] = classes
    try:
        network = target(**values)
    except Exception as error:
        raise InputError(f"{_key(arch)}: cannot be built ({describe_error(error)})") from error
    if not isinstance(network, nn.Module):
        raise InputError(
            f"{_key(arch)}: returns {type(network).__name__}; allowed is a target that returns a "
            "torch.nn.Module"
        )
    return network


def check(arch: OwnPart, shape: Shape, classes: int) -> None:
    """Try the network on images of `shape`: its scores have the shape (batch, classes).

    Raises
    ------
    InputError
        As `make`, or a network that fails on the images or gives scores of another shape.
    """
    try:
        scores = _scores(arch, shape, classes, "meta")  # shapes alone, whatever the size
    except Exception:  # some constructors compute with values
        scores = _scores(arch, shape, classes, "cpu")
    if tuple(scores.shape) != (_BATCH, classes):
        raise InputError(
            f"{_key(arch)}: returns scores of shape {tuple(scores.shape)} for {_BATCH} images; "
            f"allowed is {(_BATCH, classes)}, one row an image and one column a class"
        )


def _scores(arch: OwnPart, shape: Shape, classes: int, device: str) -> torch.Tensor:
    with torch.random.fork_rng(devices=[]), torch.device(device):
        network = make(arch, shape, classes)
        try:
            with torch.no_grad():
                scores = network(torch.zeros(_BATCH, *shape))
        except Exception as error:
            raise InputError(
                f"{_key(arch)}: fails on images of shape {shape} ({describe_error(error)})"
            ) from error
    if not isinstance(scores, torch.Tensor):
        raise InputError(f"{_key(arch)}: returns {type(scores).__name__}; allowed is a tensor of scores")
    return scores


def _key(arch: OwnPart) -> str:
    return f"{_GROUP}._target_={arch.target}"
