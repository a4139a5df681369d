"""A user's own network, named by `_target_`."""

from collections.abc import Collection

import torch
from torch import nn

from isbe_bench.data.images import Shape
from isbe_bench.errors import InputError
from isbe_bench.settings import targets
from isbe_bench.settings.own import OwnPart
from isbe_bench.settings.targets import describe_error

_GROUP = "arch"


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


def check(arch: OwnPart, shape: Shape, classes: int, batch_sizes: Collection[int] = (2,)) -> None:
    """Try the network in training mode on images of `shape`, in batches of each of these sizes.

    Raises
    ------
    InputError
        As `make`, or a network that fails on a batch, or returns something else than raw scores of the
        shape (batch, classes).
    """
    try:
        _try(arch, shape, classes, batch_sizes, "meta")  # shapes alone, which takes no time
    except InputError:
        _try(arch, shape, classes, batch_sizes, "cpu")  # some constructors compute with values


def _try(arch: OwnPart, shape: Shape, classes: int, batch_sizes: Collection[int], device: str) -> None:
    with torch.random.fork_rng(devices=[]), torch.device(device), torch.no_grad():
        network = make(arch, shape, classes).train()
        for size in batch_sizes:
            try:
                scores = network(torch.zeros(size, *shape))
            except Exception as error:
                raise InputError(
                    f"{_key(arch)}: fails on {size} images of shape {shape} ({describe_error(error)})"
                ) from error
            if not isinstance(scores, torch.Tensor):
                raise InputError(
                    f"{_key(arch)}: returns {type(scores).__name__}; allowed is a tensor of scores"
                )
            if tuple(scores.shape) != (size, classes):
                raise InputError(
                    f"{_key(arch)}: returns scores of shape {tuple(scores.shape)} for {size} images; "
                    f"allowed is {(size, classes)}, one row an image and one column a class"
                )


def _key(arch: OwnPart) -> str:
    return f"{_GROUP}._target_={arch.target}"
