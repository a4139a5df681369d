"""Every check that needs the machine or the data, made before any work starts."""

import dataclasses
import os
from pathlib import Path

import torch

from isbe_bench import architectures, config, datasets, devices, sources
from isbe_bench.config import Config
from isbe_bench.errors import InputError
from isbe_bench.losses import SoftError


def prepare(requested: Config) -> Config:
    """The configuration as it will run: `auto` resolved, and known to fit machine and data.

    Raises
    ------
    InputError
        One line that names the key, its value and what is allowed.
    """
    dataset = requested.dataset
    description = sources.describe(dataset)
    if isinstance(dataset, config.ImageFolder):
        dataset = dataclasses.replace(dataset, fingerprint=sources.fingerprint(dataset))
    _check_blur(requested.loss, description.classes)
    prepared = dataclasses.replace(requested, device=devices.resolve(requested.device), dataset=dataset)
    _check_network(prepared, description)
    _check_results_dir(Path(prepared.results_dir).expanduser())
    return prepared


def _check_network(config: Config, description: sources.Description) -> None:
    """The network takes the images, and every batch of the training."""
    with torch.device("meta"):  # shapes alone, no weights
        network = architectures.make(config.arch, description.shape, description.classes).train()
    size = config.train.batch_size
    total = description.train_images
    images = total - datasets.validation_count(total, config.dataset.validation_fraction)
    if size > images:
        raise InputError(
            f"train.batch_size={size}: allowed is 1 to {images}, the number of training images"
        )
    for batch in {size, images % size or size}:
        try:
            network(torch.empty(batch, *description.shape, device="meta"))
        except ValueError:  # batch norm over maps of 1x1 needs more than one image
            raise InputError(
                f"train.batch_size={size}: leaves a batch of {batch} image of {images}, of which "
                f"batch norm in arch.name={config.arch.name} cannot take a mean; allowed is a size "
                "that does not, or arch.batch_norm=false"
            ) from None


def _check_blur(loss: config.CrossEntropy | config.Isbe, classes: int) -> None:
    """A blurred target is still the largest at its label."""
    if isinstance(loss, config.Isbe):
        target = SoftError.of(loss, classes)
        if target.on <= target.off:
            raise InputError(
                f"loss.blur_amount={loss.blur_amount}: allowed is less than "
                f"{1 / classes if loss.blur == 'appendix_b' else (classes - 1) / classes:.4g} "
                f"with {classes} classes and loss.blur={loss.blur}"
            )


def _check_results_dir(path: Path) -> None:
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise InputError(
            f"results_dir={path}: cannot be written, because {existing} "
            f"{'is a folder of others' if existing.is_dir() else 'is a file'}; "
            "allowed is a folder that you may write to"
        )
