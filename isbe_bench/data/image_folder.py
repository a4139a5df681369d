"""A folder of the user's own images: `root/train/CLASS/*` and `root/test/CLASS/*`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

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
    try:
        return torchvision("datasets").ImageFolder(path)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"dataset.root={dataset.root}: {split}/ cannot be used "
            f"({' '.join(str(error).split())}); allowed is one folder of images a class"
        ) from error


def _read(dataset: ImageFolder, split: str) -> Images:
    samples = _list(dataset, split).samples
    mode, side = _PILLOW_MODES[dataset.channels], dataset.image_size
    pixels = np.empty((len(samples), side, side, dataset.channels), dtype=np.uint8)
    with Progress(Work(f"read {split}/", len(samples), "image")) as progress:
        for row, (path, _) in zip(pixels, samples, strict=True):
            try:
                with Image.open(path) as image:
                    small = eight_bit(image).convert(mode)
                    small = small.resize((side, side), Image.Resampling.BILINEAR)
            except (OSError, UnidentifiedImageError, ValueError) as error:
                raise InputError(
                    f"dataset.root={dataset.root}: {path} cannot be read as an image"
                ) from error
            row[:] = np.asarray(small).reshape(row.shape)
            progress.advance()
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    return Images(images, torch.tensor([label for _, label in samples]))


def eight_bit(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey to 8 bits, which Pillow would clip; ValueError for floating-point pixels."""
    if image.mode == "F":
        raise ValueError("floating-point pixels have no known range")
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image) / 257).clip(0, 255).astype(np.uint8))
