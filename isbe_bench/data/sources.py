"""The kinds of data sets: what they hold, whether they are what they are called, and their images."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.data import digits, facts, image_folder, images, own, torchvision_sets
from isbe_bench.data.facts import Facts
from isbe_bench.data.images import Description, Images
from isbe_bench.errors import InputError
from isbe_bench.settings.dataset import (
    Dataset,
    Fingerprinted,
    ImageFolder,
    OwnDataset,
    PublicDataset,
    Stored,
)

_NOT_READ = ("name", "validation_fraction", "imbalance", "augmentation", "recommended")
"""Settings that say what to do with images, not which they are."""


class Source(Protocol):
    """A module that knows one kind of data set."""

    def files(self, dataset: Any) -> Iterable[Path]:
        """The files that `read` reads; empty if they are unknown, or yet to be downloaded.

        Raises InputError for files that are missing, or not laid out as they must be.
        """

    def read(self, dataset: Any) -> tuple[Images, Images]:
        """Training and test images; InputError for files that are missing or damaged."""


@dataclasses.dataclass(frozen=True)
class _Request:
    """A data set to read; equal to another one if the same images are asked for.

    Attributes
    ----------
    key
        A hash of what is asked for, with names, sizes and times of its files.
    files
        Whether files are known, so that the key changes with them.
    """

    key: str
    files: bool
    dataset: Dataset = dataclasses.field(compare=False)


def examine(dataset: Dataset, results_dir: Path) -> Facts:
    """The facts of a data set, checked against the original that it is named after.

    The data are read, unless their files are as they were when a run with these results read them, or
    the original has yet to be downloaded.

    Raises
    ------
    InputError
        Files that are missing, damaged, or not those of the original.
    """
    request = _request(dataset)
    if not request.files and isinstance(dataset, PublicDataset):  # to be downloaded, or embedded
        return Facts(describe(dataset), "")
    cache = facts.Cache(results_dir)
    found = cache.read(request.key) if request.files else None
    if found is None:
        _, found = _loaded(request)
        if request.files:
            cache.write(request.key, found)
    _check_fingerprint(dataset, found)
    return found


def describe(dataset: Dataset) -> Description:
    """Shape, classes and size of a data set; originals are not read for it.

    Raises
    ------
    InputError
        As `read`.
    """
    if isinstance(dataset, PublicDataset) and dataset.is_original:
        return (torchvision_sets.DESCRIPTIONS | {"digits": digits.DESCRIPTION})[dataset.name]
    return _loaded(_request(dataset))[1].description


def read(dataset: Dataset) -> tuple[Images, Images]:
    """The training and test images of a data set, downloaded first where that is allowed.

    Raises
    ------
    InputError
        Files that are missing, damaged or cannot be downloaded; other images than the run was checked
        with, or than those of the original.
    """
    loaded, found = _loaded(_request(dataset))
    _check_fingerprint(dataset, found)
    return loaded


def _source(dataset: Dataset) -> Source:
    if isinstance(dataset, OwnDataset):
        return own
    if isinstance(dataset, ImageFolder):
        return image_folder
    is_digits = isinstance(dataset, PublicDataset) and dataset.format == "digits"
    return digits if is_digits else torchvision_sets


def _request(dataset: Dataset) -> _Request:
    values = dataset.plain()
    for key in (
        "name",
        "validation_fraction",
        "imbalance",
        "augmentation",
        "recommended",
        "fingerprint",
        "download",
    ):
        values.pop(key, None)
    kind = dataset.format if isinstance(dataset, Stored) else "own"
    files = [(str(path), *facts.stamp(path)) for path in sorted(_source(dataset).files(dataset))]
    text = json.dumps([kind, values, files], sort_keys=True)
    return _Request(hashlib.sha256(text.encode()).hexdigest(), bool(files), dataset)


@functools.lru_cache(maxsize=1)  # the runs of a sweep mostly share their data
def _loaded(request: _Request) -> tuple[tuple[Images, Images], Facts]:
    loaded = _source(request.dataset).read(request.dataset)
    return loaded, Facts(images.describe(*loaded), images.fingerprint(*loaded))


def _check_fingerprint(dataset: Dataset, found: Facts) -> None:
    if isinstance(dataset, Fingerprinted):
        if found.fingerprint != dataset.fingerprint:
            raise InputError(
                f"dataset={dataset.name}: its images changed after the run was checked; start again"
            )
    elif isinstance(dataset, PublicDataset) and dataset.is_original:
        original = DATASETS[dataset.name]
        if original.fingerprint not in ("", found.fingerprint):
            raise InputError(
                f"dataset.root={dataset.root}: these are not the images and labels of {original.title} "
                f"({_difference(found.description, describe(dataset))}); allowed is the original, or "
                "dataset.name=NAME for other data"
            )


def _difference(found: Description, expected: Description) -> str:
    if found.train_images != expected.train_images:
        return f"{found.train_images:,} training images, not {expected.train_images:,}"
    return "their fingerprint is another"
