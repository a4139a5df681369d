"""A user's own network, named by `_target_`."""

from collections.abc import Collection

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from isbe_bench import classifiers
from isbe_bench.data.images import Shape
from isbe_bench.errors import InputError, describe_error
from isbe_bench.networks import features
from isbe_bench.networks.network import Network
from isbe_bench.parts import targets
from isbe_bench.settings.classifier import LINEAR, Classifier
from isbe_bench.settings.own import OwnPart

_GROUP = "arch"
_CLASS_COUNTS = ("num_classes", "classes")


def make(arch: OwnPart, shape: Shape, classes: int, classifier: Classifier = LINEAR) -> nn.Module:
    """Call the target with its parameters and, where its signature names them, these of the data set:

    `num_classes` or `classes`; `in_channels` or `in_chans`; `image_size` or `img_size`, in pixels, a
    pair (height, width) if the images are oblong; `shape`, (channels, height, width). A target that
    takes `**kwargs` gets `num_classes`. One that gets no number of classes, or 0, yields features
    (batch, D), and the classifier makes scores of them. Of one that makes scores itself, the last linear
    layer with as many outputs as classes is replaced by the classifier, if that is not linear as well.

    Raises
    ------
    InputError
        A target or a parameter that does not fit, a target that fails, or a result other than a network.
    """
    channels, height, width = shape
    size = height if height == width else (height, width)
    supplied = {
        **dict.fromkeys(_CLASS_COUNTS, classes),
        "in_channels": channels,
        "in_chans": channels,
        "image_size": size,
        "img_size": size,
        "shape": shape,
    }
    target = targets.prepare(_GROUP, arch, supplied, for_any_keyword={"num_classes": classes})
    network = target.create()
    if not isinstance(network, nn.Module):
        raise InputError(
            f"{target.key}: returns {type(network).__name__}; allowed is a target that returns a "
            "torch.nn.Module"
        )
    try:
        if not any(target.arguments.get(name) for name in _CLASS_COUNTS):
            width = features.count(network, shape)
            made = classifiers.make(classifier, width, classes, bias=True)
            return Network(network, made, width)
        if any(map(is_lazy, network.parameters())):
            features.outputs(network, shape)
        if classifier != LINEAR:
            name = features.classifier_name(network, classes)
            width = features.feature_width(network, classes)
            replacement = classifiers.make(classifier, width, classes)
            network.set_submodule(name, replacement)
            features.mark(network, name, width)
    except features.NoVectorError as error:
        raise InputError(
            f"{target.key}: is built without a number of classes and yields {error}; allowed is a "
            "vector of features an image, (batch, features)"
        ) from error
    except InputError:
        raise
    except Exception as error:
        raise InputError(_failure(target.key, 2, shape, error)) from error
    return network


def check(
    arch: OwnPart,
    shape: Shape,
    classes: int,
    batch_sizes: Collection[int] = (2,),
    classifier: Classifier = LINEAR,
) -> nn.Module:
    """Try the network in training mode on images of `shape`, in batches of each of these sizes.

    Returns the network, on the meta device if it can be built there.

    Raises
    ------
    InputError
        As `make`, or a network that fails on a batch, or returns something else than raw scores of the
        shape (batch, classes).
    """
    try:
        # Shapes alone, which takes no time.
        return _tried(arch, shape, classes, batch_sizes, classifier, "meta")
    except InputError:
        return _tried(arch, shape, classes, batch_sizes, classifier, "cpu")  # some compute with values


def _tried(
    arch: OwnPart,
    shape: Shape,
    classes: int,
    batch_sizes: Collection[int],
    classifier: Classifier,
    device: str,
) -> nn.Module:
    key = f"{_GROUP}._target_={arch.target}"
    with torch.random.fork_rng(devices=[]), torch.device(device), torch.no_grad():
        network = make(arch, shape, classes, classifier).train()
        for size in batch_sizes:
            try:
                scores = network(torch.zeros(size, *shape))
            except Exception as error:
                raise InputError(_failure(key, size, shape, error)) from error
            if not isinstance(scores, torch.Tensor):
                raise InputError(
                    f"{key}: returns {type(scores).__name__}; allowed is a tensor of scores"
                )
            if tuple(scores.shape) != (size, classes):
                raise InputError(
                    f"{key}: returns scores of shape {tuple(scores.shape)} for {size} images; "
                    f"allowed is {(size, classes)}, one row an image and one column a class"
                )
    return network


def _failure(key: str, size: int, shape: Shape, error: Exception) -> str:
    return f"{key}: fails on {size} images of shape {shape} ({describe_error(error)})"
