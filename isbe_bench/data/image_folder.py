"""A folder of the user's own images: `root/train/CLASS/*` and `root/test/CLASS/*`.

Links to folders elsewhere are followed. How a file becomes pixels is said in `data/decoding.py`.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from isbe_bench.data import decoding
from isbe_bench.data.images import Images
from isbe_bench.errors import InputError
from isbe_bench.parts.torchvision_cpu import torchvision
from isbe_bench.progress import Progress, Work
from isbe_bench.settings.dataset import ImageFolder

_PILLOW_MODES = {1: "L", 3: "RGB"}  # by the number of channels
_SPLITS = ("train", "test")


def files(dataset: ImageFolder) -> Iterable[Path]:
    """All images of both splits.

    Raises
    ------
    InputError
        A layout other than one folder for each class, the same ones in both splits.
    """
    train, test = (_list(dataset, split) for split in _SPLITS)
    if train.classes != test.classes:
        unmatched = sorted(set(train.classes) ^ set(test.classes))
        raise InputError(
            f"dataset.root={dataset.root}: train/ and test/ must have the same classes; "
            f"only one of them has {', '.join(unmatched)}"
        )
    if len(train.classes) < 2:
        raise InputError(f"dataset.root={dataset.root}: has one class; allowed is two or more")
    return [Path(path) for split in (train, test) for path, _ in split.samples]


def read(dataset: ImageFolder) -> tuple[Images, Images]:
    """Training and test images, resized to `image_size` pixels a side.

    Raises
    ------
    InputError
        A file that cannot be read as an image.
    """
    return _read(dataset, "train"), _read(dataset, "test")


def _list(dataset: ImageFolder, split: str) -> Any:
    """Torchvision's listing of one split: `samples` (path, label) and `classes`."""
    path = Path(dataset.root).expanduser() / split
    if not path.is_dir():
        raise InputError(
            f"dataset.root={dataset.root}: has no folder {split}/; allowed is a folder with train/ "
            "and test/ in it, each with one folder a class"
        )
    _refuse_loops(dataset, path, ())
    try:
        return torchvision("datasets").ImageFolder(path)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"dataset.root={dataset.root}: {split}/ cannot be used "
            f"({' '.join(str(error).split())}); allowed is one folder of images a class"
        ) from error


def _refuse_loops(dataset: ImageFolder, folder: Path, came_through: tuple[Path, ...]) -> None:
    """InputError for a link to a folder that holds it, in which images would be found again and again.

    `came_through` are the folders whose links led here.
    """
    for path, names, _ in os.walk(folder):
        for link in (Path(path, name) for name in names):
            if not link.is_symlink():
                continue
            target, above = link.resolve(), (*came_through, Path(path).resolve())
            if any(each.is_relative_to(target) for each in above):
                raise InputError(
                    f"dataset.root={dataset.root}: {link} is a link to {target}, in which it lies "
                    "itself; allowed are links to other folders"
                )
            _refuse_loops(dataset, target, above)


def _read(dataset: ImageFolder, split: str) -> Images:
    samples = _list(dataset, split).samples
    mode, side = _PILLOW_MODES[dataset.channels], dataset.image_size
    try:
        pixels = np.empty((len(samples), side, side, dataset.channels), dtype=np.uint8)
    except MemoryError as error:
        raise InputError(
            f"dataset.image_size={side}: {len(samples):,} images of this size do not fit into memory "
            f"({error}); allowed is a smaller one"
        ) from error
    with Progress(Work(f"read {split}/", len(samples), "image")) as progress:
        for row, (path, _) in zip(pixels, samples, strict=True):
            try:
                image = decoding.read(Path(path), mode)
            except ValueError as error:
                raise InputError(
                    f"dataset.root={dataset.root}: {path} cannot be read as an image ({error})"
                ) from error
            small = image.resize((side, side), Image.Resampling.BILINEAR)
            row[:] = np.asarray(small).reshape(row.shape)
            progress.advance()
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    return Images(images, torch.tensor([label for _, label in samples]))
