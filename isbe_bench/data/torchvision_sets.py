"""MNIST, CIFAR-10 and CIFAR-100, read and downloaded through torchvision."""

import functools
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.data import kept
from isbe_bench.data.facts import stamp
from isbe_bench.data.images import Description, Images
from isbe_bench.errors import InputError
from isbe_bench.parts.torchvision_cpu import torchvision
from isbe_bench.settings.dataset import PublicDataset

_CLASSES = {"mnist": "MNIST", "cifar10": "CIFAR10", "cifar100": "CIFAR100"}  # torchvision's

DESCRIPTIONS = {
    "mnist": Description((1, 28, 28), 10, 60_000),
    "cifar10": Description((3, 32, 32), 10, 50_000),
    "cifar100": Description((3, 32, 32), 100, 50_000),
}
"""By the suite's name of the data set."""


def files(dataset: PublicDataset) -> Iterable[Path]:
    """The files in the data set's folder; none if they are missing and may be downloaded.

    Raises
    ------
    InputError
        The folder is missing and may not be downloaded, or cannot be read under another name.
    """
    if not dataset.is_original and (dataset.format != "mnist" or dataset.name in DATASETS):
        raise InputError(
            f"dataset.name={dataset.name}: allowed is {dataset.format}"
            + (
                ", or a name of your own for other images in its format"
                if dataset.format == "mnist"
                else "; other images can be read by dataset=image_folder"
            )
        )
    folder = Path(dataset.root).expanduser() / DATASETS[dataset.format].folder
    if folder.is_dir():
        return [path for path in folder.iterdir() if path.is_file()]
    if _may_download(dataset):
        return ()
    more = ", or dataset.download=true" if dataset.is_original else ""
    raise InputError(
        f"dataset.root={dataset.root}: has no {DATASETS[dataset.format].folder}; allowed is a folder "
        f"that holds it{more}"
    )


def read(dataset: PublicDataset) -> tuple[Images, Images]:
    """Training and test images, downloaded first where they are missing and that is allowed.

    Raises
    ------
    InputError
        Files that are missing, damaged, inconsistent, or cannot be downloaded.
    """
    return _read(dataset, train=True), _read(dataset, train=False)


def _read(dataset: PublicDataset, train: bool) -> Images:
    try:
        images, labels = _mapped(dataset, train)
        _check(images, labels, DESCRIPTIONS[dataset.format] if dataset.is_original else None)
    except (OSError, RuntimeError, ValueError, TypeError, EOFError, AssertionError) as error:
        reason = " ".join(str(error).split()) or "a file is damaged"
        action = "downloaded to" if _may_download(dataset) else "read from"
        raise InputError(
            f"dataset.root={dataset.root}: {dataset.name} could not be {action} it ({reason}); allowed "
            "is a folder with torchvision's files (see the README on data without a network)"
        ) from error
    return Images(images, labels)


def _mapped(dataset: PublicDataset, train: bool) -> tuple[Tensor, Tensor]:
    """Images and labels, mapped from the disk, to which torchvision's arrays are written first.

    In memory, if they cannot be kept.
    """
    stamps = [(str(path.resolve()), *stamp(path)) for path in sorted(files(dataset))]
    if not stamps:  # yet to be downloaded
        return _tensors(_load(dataset, train))
    text = json.dumps([dataset.format, train, stamps])
    key = hashlib.sha256(text.encode()).hexdigest()[:32]
    arrays = functools.cache(lambda: _tensors(_load(dataset, train)))

    def write(number: int, path: Path) -> None:
        with path.open("wb") as file:
            np.save(file, arrays()[number].numpy(), allow_pickle=False)

    try:
        images, labels = (
            torch.from_numpy(kept.mapped(f"{key}-{name}", functools.partial(write, number)))
            for number, name in enumerate(("images", "labels"))
        )
    except OSError:  # of the cache; an error of the data set is raised again
        return arrays()
    return images, labels


def _load(dataset: PublicDataset, train: bool) -> Any:
    """Torchvision's data set, with arrays `data` and `targets`."""
    load = getattr(torchvision("datasets"), _CLASSES[dataset.format])
    root = Path(dataset.root).expanduser()
    try:
        return load(root, train=train, download=False)
    except RuntimeError:  # files are missing or, where torchvision knows their checksums, damaged
        if not _may_download(dataset):
            raise
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / f".{dataset.name}.lock"):  # another run may be downloading them too
        return load(root, train=train, download=True)


def _tensors(loaded: Any) -> tuple[Tensor, Tensor]:
    """Torchvision's arrays as images (n, C, H, W) and labels (n,)."""
    data = torch.as_tensor(np.asarray(loaded.data))
    images = data.unsqueeze(1) if data.ndim == 3 else data.permute(0, 3, 1, 2).contiguous()
    return images, torch.as_tensor(np.asarray(loaded.targets)).long()


def _may_download(dataset: PublicDataset) -> bool:
    """Only the original can be downloaded."""
    return dataset.download and dataset.is_original


def _check(images: Tensor, labels: Tensor, original: Description | None) -> None:
    """Raise ValueError if images and labels contradict each other, which torchvision does not check."""
    if len(images) != len(labels):
        raise ValueError(f"it has {len(images)} images and {len(labels)} labels")
    if len(labels) == 0:
        raise ValueError("it has no images")
    if original is None:
        return
    if tuple(images.shape[1:]) != original.shape:
        raise ValueError(f"its images have the shape {tuple(images.shape[1:])}")
    if not 0 <= int(labels.min()) <= int(labels.max()) < original.classes:
        raise ValueError(f"its labels reach from {int(labels.min())} to {int(labels.max())}")
