"""Checks against machine and data, shared by several tasks and made before any work starts."""

import functools
import os
from pathlib import Path

import torch
from torch import nn

from isbe_bench import losses, networks
from isbe_bench.classifiers import own as own_classifiers
from isbe_bench.data import device_dataset, sources
from isbe_bench.data.images import Description
from isbe_bench.errors import InputError
from isbe_bench.losses import heads, trial
from isbe_bench.losses.isbe import SoftError
from isbe_bench.measuring import devices
from isbe_bench.networks import features
from isbe_bench.networks import own as own_networks
from isbe_bench.networks.network import Network
from isbe_bench.settings.architecture import BuiltInArchitecture, OwnArchitecture
from isbe_bench.settings.classifier import LINEAR, Classifier, OwnClassifier, ScaledBatchNorm
from isbe_bench.settings.dataset import (
    Augmentation,
    ClassFolders,
    Dataset,
    ImageFolder,
    OwnDataset,
    PublicDataset,
    ReadyClassFolders,
    ReadyImageFolder,
    ReadyOwnDataset,
    ReadyPublicDataset,
)
from isbe_bench.settings.device import Device, Engine, ReadyDevice
from isbe_bench.settings.loss import (
    AmSoftmax,
    AngularLoss,
    CenterLoss,
    DilatedIsbe,
    Isbe,
    Loss,
    OwnIsbe,
    OwnLoss,
    PedccLoss,
)

_READY: dict[type[Dataset], type[Dataset]] = {
    PublicDataset: ReadyPublicDataset,
    ImageFolder: ReadyImageFolder,
    ClassFolders: ReadyClassFolders,
    OwnDataset: ReadyOwnDataset,
}


def dataset(asked: Dataset, results_dir: str) -> tuple[Dataset, Description]:
    """The data set, with a fingerprint if it is not a public original, and its description."""
    facts = sources.examine(asked, Path(results_dir).expanduser())
    _check_crop(asked.augmentation, min(facts.description.shape[1:]))
    if isinstance(asked, PublicDataset) and asked.is_original:
        return asked, facts.description
    ready = _READY[type(asked)](**dict(asked) | {"fingerprint": facts.fingerprint})
    return ready, facts.description


def _check_crop(augmentation: Augmentation, side: int) -> None:
    """Check that images can be reflected as far as they are padded."""
    if augmentation.enabled and augmentation.padding == "reflection" and augmentation.crop >= side:
        raise InputError(
            f"dataset.augmentation.crop={augmentation.crop}: images of {side} pixels cannot be "
            f"reflected as far; allowed is 0 to {side - 1}, or another dataset.augmentation.padding"
        )


def device_of_network(asked: Device) -> ReadyDevice:
    """The device of a task with a network; InputError if it is not there, or cannot compile."""
    device = devices.resolve(asked)
    if device.compile and (reason := heads.missing_compiler(device.name)):
        raise InputError(f"device.compile=true: {reason}; allowed is false")
    return device


def check_engine(key: str, engine: Engine, device: ReadyDevice) -> None:
    """Check that steps can be launched so."""
    if engine == "graph" and device.name != "cuda":
        raise InputError(f"{key}=graph: needs CUDA, and the device is {device.name}; allowed is eager")


def device_alone(asked: Device, task: str) -> ReadyDevice:
    """The device of a task that compiles no network; InputError if it is asked to."""
    if asked.compile:
        raise InputError(f"device.compile=true: task={task} has no network to compile; allowed is false")
    return devices.resolve(asked)


def training_images(dataset: Dataset, description: Description, seed: int) -> int:
    """The number of images of an epoch, without those held out or left out."""
    if dataset.imbalance > 1:  # the labels decide
        train, _ = sources.read(dataset)
        return len(device_dataset.split(train.labels, dataset, seed)[1])
    total = description.train_images
    return total - device_dataset.validation_count(total, dataset.validation_fraction)


def check_batch_size(key: str, size: int, images: int) -> None:
    """Check that a batch is not larger than the set of training images."""
    if size > images:
        raise InputError(f"{key}={size}: allowed is 1 to {images}, the number of training images")


def check_network(
    arch: BuiltInArchitecture | OwnArchitecture,
    description: Description,
    key: str,
    size: int,
    images: int,
    batches: set[int],
    classifier: Classifier = LINEAR,
) -> nn.Module:
    """Check that the network accepts the images in batches of each of these sizes.

    Returns the network, which other checks share: it may be looked at, not changed.

    `key` and `size` are the setting of the batch size; `batches` are the batch sizes that occur when
    `images` images are split by it.
    """
    if 1 in batches and isinstance(classifier, ScaledBatchNorm):
        raise InputError(
            f"{key}={size}: leaves a batch of 1 image of {images}, which has no variance for "
            "classifier=scaled_bn; allowed is a size that does not, or another classifier"
        )
    if isinstance(arch, OwnArchitecture):
        shape, classes = description.shape, description.classes
        return own_networks.check(arch, shape, classes, batches, classifier)
    network = _check_built_in(arch, classifier, description, key, size, images, frozenset(batches))
    if isinstance(classifier, OwnClassifier):
        width = features.feature_width(network, description.classes)
        own_classifiers.check(classifier, width, description.classes, {2, *(batches & {1})})
    return network


@functools.cache  # the runs of a sweep mostly share their network
def _check_built_in(
    arch: BuiltInArchitecture,
    classifier: Classifier,
    description: Description,
    key: str,
    size: int,
    images: int,
    batches: frozenset[int],
) -> nn.Module:
    # Only shapes, no weights, unless a classifier of the user's own computes with values.
    device = "cpu" if isinstance(classifier, OwnClassifier) else "meta"
    with torch.random.fork_rng(devices=[]), torch.device(device):
        network = networks.make(arch, description.shape, description.classes, classifier).train()
    assert isinstance(network, Network), "a network of the suite's own"
    if 1 in batches:
        try:
            network.body(torch.zeros(1, *description.shape, device=device))
        except ValueError:  # batch norm over maps of 1x1 needs more than one image
            raise InputError(
                f"{key}={size}: leaves a batch of 1 image of {images}, of which "
                f"batch norm in arch.name={arch.name} cannot take a mean; allowed is a size "
                f"that does not{', or arch.batch_norm=false' if hasattr(arch, 'batch_norm') else ''}"
            ) from None
    return network


def check_loss(loss: Loss, classes: int, network: nn.Module) -> None:
    """Check that the loss fits the number of classes and the network."""
    if isinstance(loss, (OwnLoss, OwnIsbe)):
        trial.check(loss, classes, network)
    if isinstance(loss, (AmSoftmax, PedccLoss, AngularLoss, CenterLoss)):
        losses.make(loss, classes, network)
    if isinstance(loss, DilatedIsbe):
        _check_dilation(loss, classes)
    if isinstance(loss, Isbe):
        _check_blur(loss, classes)


def _check_blur(loss: Isbe, classes: int) -> None:
    """Check that a blurred target is still largest at its label."""
    target = SoftError.from_settings(loss, classes)
    if target.on <= target.off:
        raise InputError(
            f"loss.blur_amount={loss.blur_amount}: allowed is less than "
            f"{1 / classes if loss.blur == 'appendix_b' else (classes - 1) / classes:.4g} "
            f"with {classes} classes and loss.blur={loss.blur}"
        )


def _check_dilation(loss: DilatedIsbe, classes: int) -> None:
    """Check that there is one factor for all classes, or one for each."""
    if isinstance(loss.dilation, tuple) and len(loss.dilation) != classes:
        factors = ",".join(f"{factor:g}" for factor in loss.dilation)
        raise InputError(
            f"loss.dilation=[{factors}]: holds {len(loss.dilation)}; allowed is one number above 0, or "
            f"a list of {classes}, one for each class"
        )


def check_results_dir(results_dir: str) -> None:
    """Check that the results folder exists and is writable, or can be created."""
    path = Path(results_dir).expanduser()
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise InputError(
            f"results_dir={path}: cannot be written, because {existing} {_why_unwritable(existing)}; "
            "allowed is a folder that you may write to"
        )


def _why_unwritable(path: Path) -> str:
    if not path.is_dir():
        return "is a file"
    if hasattr(os, "statvfs") and os.statvfs(path).f_flag & os.ST_RDONLY:
        return "is on a file system that is mounted read-only"
    if hasattr(os, "geteuid") and path.stat().st_uid != os.geteuid():
        return "belongs to another user"
    return "is write-protected"
