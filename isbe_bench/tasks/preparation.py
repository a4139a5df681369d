"""Every check that needs the machine or the data, made before any work starts."""

import dataclasses
import functools
import os
from pathlib import Path

import torch

from isbe_bench import networks
from isbe_bench.catalogue.losses import FUNCTION
from isbe_bench.data import device_dataset, image_folder, sources
from isbe_bench.data.images import Description
from isbe_bench.errors import InputError
from isbe_bench.losses import heads
from isbe_bench.losses.isbe import SoftError
from isbe_bench.measuring import devices
from isbe_bench.settings import composition, config
from isbe_bench.settings.config import Config, HeadConfig, TheoryConfig, TimingConfig, TrainConfig


@functools.singledispatch
def prepare(requested: Config) -> Config:
    """The configuration as it will run: `auto` resolved, and known to fit machine and data.

    Raises
    ------
    InputError
        One line that names the key, its value and what is allowed.
    """
    raise NotImplementedError(type(requested))


@prepare.register
def _train(requested: TrainConfig) -> Config:
    dataset, description = _data(requested.dataset)
    _check_blur(requested.loss, description.classes)
    _check_dilation(requested.loss, description.classes)
    prepared = dataclasses.replace(requested, device=devices.resolve(requested.device), dataset=dataset)
    size, images = prepared.train.batch_size, _training_images(dataset, description)
    _check_batch_size("train", size, images)
    _check_network(prepared.arch, description, "train", size, images, {size, images % size or size})
    _check_results_dir(prepared)
    return prepared


@prepare.register
def _timing(requested: TimingConfig) -> Config:
    dataset, description = _data(requested.dataset)
    timing = requested.timing
    modes = tuple(
        config.loss(name, composition.choice("loss", name.removesuffix(FUNCTION)))
        for name in timing.losses
    )
    prepared = dataclasses.replace(
        requested,
        device=devices.resolve(requested.device),
        dataset=dataset,
        timing=dataclasses.replace(timing, modes=modes),
    )
    size, images = timing.batch_size, _training_images(dataset, description)
    _check_batch_size("timing", size, images)
    _check_network(prepared.arch, description, "timing", size, images, {size})
    if timing.engine == "graph" and prepared.device.name != "cuda":
        raise InputError(
            "timing.engine=graph: needs CUDA, and the device is "
            f"{prepared.device.name}; allowed is eager"
        )
    _check_results_dir(prepared)
    return prepared


@prepare.register
def _head(requested: HeadConfig) -> Config:
    device = devices.resolve(requested.device)
    ways = requested.head.ways
    if ways is None:
        ways = tuple(way for way in heads.WAYS if heads.missing(way, device.name) is None)
    for way in ways:
        if reason := heads.missing(way, device.name):
            raise InputError(
                f"head.ways={way}: {reason}; allowed is null, for all that this machine has"
            )
    shapes = [(size.classes, size.batch_size) for size in requested.head.sizes]
    for shape in set(shapes):
        if shapes.count(shape) > 1:
            raise InputError(
                f"head.sizes: classes={shape[0]} with batch_size={shape[1]} is there more than once; "
                "allowed is each size once"
            )
    head = dataclasses.replace(requested.head, ways=ways)
    prepared = dataclasses.replace(requested, device=device, head=head)
    _check_results_dir(prepared)
    return prepared


@prepare.register
def _theory(requested: TheoryConfig) -> Config:
    theory, most = requested.theory, max(requested.theory.classes)
    if theory.samples * most**2 > _JACOBIANS:
        raise InputError(
            f"theory.samples={theory.samples}: their Jacobians with theory.classes={most} take too much "
            f"memory; allowed is {_JACOBIANS // most**2} or fewer, or fewer classes"
        )
    prepared = dataclasses.replace(requested, device=devices.resolve(requested.device))
    _check_results_dir(prepared)
    return prepared


_JACOBIANS = 2**26
"""Entries of them that `task=theory` may hold at once: half a gigabyte, several times over."""


def _data(dataset: config.Dataset) -> tuple[config.Dataset, Description]:
    """The data set, with its fingerprint where it needs one, and what is known of it."""
    description = sources.describe(dataset)
    if isinstance(dataset, config.ImageFolder):
        dataset = dataclasses.replace(dataset, fingerprint=image_folder.fingerprint(dataset))
    return dataset, description


def _training_images(dataset: config.Dataset, description: Description) -> int:
    total = description.train_images
    return total - device_dataset.validation_count(total, dataset.validation_fraction)


def _check_batch_size(task: str, size: int, images: int) -> None:
    if size > images:
        raise InputError(
            f"{task}.batch_size={size}: allowed is 1 to {images}, the number of training images"
        )


def _check_network(
    arch: config.Architecture,
    description: Description,
    task: str,
    size: int,
    images: int,
    batches: set[int],
) -> None:
    """The network takes the images, in batches of each of these sizes."""
    with torch.device("meta"):  # shapes alone, no weights
        network = networks.make(arch, description.shape, description.classes).train()
    for batch in batches:
        try:
            network(torch.empty(batch, *description.shape, device="meta"))
        except ValueError:  # batch norm over maps of 1x1 needs more than one image
            raise InputError(
                f"{task}.batch_size={size}: leaves a batch of {batch} image of {images}, of which "
                f"batch norm in arch.name={arch.name} cannot take a mean; allowed is a size "
                "that does not, or arch.batch_norm=false"
            ) from None


def _check_blur(loss: config.CrossEntropy | config.Isbe, classes: int) -> None:
    """A blurred target is still the largest at its label."""
    if isinstance(loss, config.Isbe):
        target = SoftError.from_settings(loss, classes)
        if target.on <= target.off:
            raise InputError(
                f"loss.blur_amount={loss.blur_amount}: allowed is less than "
                f"{1 / classes if loss.blur == 'appendix_b' else (classes - 1) / classes:.4g} "
                f"with {classes} classes and loss.blur={loss.blur}"
            )


def _check_dilation(loss: config.CrossEntropy | config.Isbe, classes: int) -> None:
    """There is one factor for all classes, or one for each."""
    if isinstance(loss, config.DilatedIsbe) and isinstance(loss.dilation, tuple):
        count = len(loss.dilation)
        if count != classes:
            shown = ",".join(f"{factor:g}" for factor in loss.dilation)
            raise InputError(
                f"loss.dilation=[{shown}]: holds {count}; allowed is one number above 0, or a list of "
                f"{classes}, one for each class"
            )


def _check_results_dir(prepared: Config) -> None:
    path = Path(prepared.results_dir).expanduser()
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise InputError(
            f"results_dir={path}: cannot be written, because {existing} "
            f"{'is a folder of others' if existing.is_dir() else 'is a file'}; "
            "allowed is a folder that you may write to"
        )
