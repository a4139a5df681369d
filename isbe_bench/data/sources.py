"""The kinds of data sets, each first described, without a download, then read.

The description is enough to refuse a run before any work starts.
"""

import functools
from typing import Protocol

from isbe_bench.data import digits, image_folder, torchvision_sets
from isbe_bench.data.images import Description, Images
from isbe_bench.settings.dataset import Dataset, ImageFolder


class Source(Protocol):
    """A module that knows one kind of data set."""

    def describe(self, dataset: Dataset) -> Description:
        """Shape, classes and size, without reading the files."""

    def read(self, dataset: Dataset) -> tuple[Images, Images]:
        """Training and test images."""


_SOURCES: dict[str, Source] = {
    "digits": digits,
    **dict.fromkeys(torchvision_sets.DESCRIPTIONS, torchvision_sets),
}


def describe(dataset: Dataset) -> Description:
    """Shape, classes and size of a data set; its files are looked for, not read.

    Raises
    ------
    InputError
        Files that are missing and may not be downloaded, or a folder with the wrong layout.
    """
    if isinstance(dataset, ImageFolder):
        return image_folder.describe(dataset)
    return _SOURCES[dataset.name].describe(dataset)


@functools.lru_cache(maxsize=1)  # the runs of a sweep mostly share their data
def read(dataset: Dataset) -> tuple[Images, Images]:
    """The training and test images of a data set, downloaded first where that is allowed.

    Raises
    ------
    InputError
        Files that are missing, damaged, or cannot be downloaded.
    """
    if isinstance(dataset, ImageFolder):
        return image_folder.read(dataset)
    return _SOURCES[dataset.name].read(dataset)
