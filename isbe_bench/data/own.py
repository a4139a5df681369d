"""The user's own data: targets that yield pairs of an image and its label."""

import math
import numbers
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from isbe_bench.data.decoding import eight_bit
from isbe_bench.data.images import Images
from isbe_bench.errors import InputError, describe_error
from isbe_bench.parts import targets
from isbe_bench.progress import Progress, Work
from isbe_bench.settings.dataset import OwnDataset
from isbe_bench.settings.own import Own

_IMAGE = (
    "allowed is a PIL image, or an array or tensor, of bytes or of numbers from 0 to 1: (H, W) or "
    "(H, W, C) for an array, (H, W) or (C, H, W) for a tensor"
)


def files(dataset: OwnDataset) -> Iterable[Path]:
    """Nobody knows what a target reads."""
    return ()


def read(dataset: OwnDataset) -> tuple[Images, Images]:
    """All images and labels of both targets.

    Raises
    ------
    InputError
        A target that cannot be created or fails; what it yields is not an image and a label; images of
        several sizes without `image_size`; labels that do not count from 0.
    """
    train = _read("dataset.train", dataset.train, dataset.image_size)
    test = _read("dataset.test", dataset.test, dataset.image_size)
    if train.images.shape[1:] != test.images.shape[1:]:
        raise InputError(
            f"dataset.test: its images have the shape {tuple(test.images.shape[1:])}, those of "
            f"dataset.train {tuple(train.images.shape[1:])}; allowed is one shape"
        )
    classes = int(train.labels.max()) + 1
    if missing := sorted(set(range(min(classes, 100_000))) - set(train.labels.tolist())):
        raise InputError(
            f"dataset.train: has labels up to {classes - 1}, and no image with label {missing[0]}; "
            "allowed is labels that count from 0, each with an image"
        )
    if classes < 2 or int(test.labels.max()) >= classes:
        raise InputError(
            f"dataset.train: has labels up to {classes - 1}, dataset.test up to "
            f"{int(test.labels.max())}; allowed is two classes or more, counted from 0, and no others "
            "in the test images"
        )
    return train, test


def _read(key: str, own: Own, side: int | None) -> Images:
    target = targets.prepare(key, own, {})
    pixels: list[Tensor] = []
    labels: list[int] = []
    for number, item in enumerate(_items(target.key, target.create())):
        where = f"{target.key}: item {number}"
        if not isinstance(item, (tuple, list)) or len(item) != 2:
            raise InputError(
                f"{where} is of type {type(item).__name__}; allowed is a pair of an image and its label"
            )
        image = _bytes(where, item[0], side)
        if pixels and image.shape != pixels[0].shape:
            raise InputError(
                f"{where} has the shape {tuple(image.shape)}, the first {tuple(pixels[0].shape)}; "
                "allowed is one shape, or dataset.image_size=SIDE to resize them"
            )
        pixels.append(image)
        labels.append(_label(where, item[1]))
    if not pixels:
        raise InputError(f"{target.key}: yields nothing; allowed is one image or more")
    return Images(torch.stack(pixels), torch.tensor(labels))


def _items(key: str, dataset: Any) -> Iterator[Any]:
    """What a data set yields: by its indices if it has a length."""
    try:
        count = len(dataset) if hasattr(dataset, "__len__") else None
        by_index = hasattr(dataset, "__getitem__")
        items = map(dataset.__getitem__, range(count)) if count is not None and by_index else dataset
        with Progress(Work(f"read {key}", count or 0, "image")) as progress:
            for item in items:
                yield item
                progress.advance()
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{key}: cannot be read ({describe_error(error)}); allowed is a data set that yields pairs "
            "of an image and its label"
        ) from error


def _bytes(where: str, image: Any, side: int | None) -> Tensor:
    """An image as (C, H, W), uint8, resized to a square if a side is given."""
    if isinstance(image, Image.Image):
        try:  # Pillow decodes a file only here
            small = eight_bit(image)
            pixels = np.asarray(small if small.mode in ("L", "RGB") else small.convert("RGB"))
        except Exception as error:
            raise InputError(f"{where}: its image cannot be read ({describe_error(error)})") from error
    elif isinstance(image, Tensor):
        array = image.detach().cpu().numpy()
        pixels = np.moveaxis(array, 0, -1) if array.ndim == 3 else array
    else:
        pixels = np.asarray(image)
    pixels = _scaled(where, pixels)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.ndim != 3 or 0 in pixels.shape:
        raise InputError(f"{where}: its image has the shape {pixels.shape}; {_IMAGE}")
    if side is not None and pixels.shape[:2] != (side, side):
        bands = [Image.fromarray(band) for band in np.moveaxis(pixels, -1, 0)]
        resized = [band.resize((side, side), Image.Resampling.BILINEAR) for band in bands]
        pixels = np.stack([np.asarray(band) for band in resized], axis=-1)
    return torch.from_numpy(np.moveaxis(pixels, -1, 0).copy())


def _scaled(where: str, pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Bytes as they are, numbers from 0 to 1 as bytes."""
    if pixels.dtype == np.uint8:
        return pixels
    if not np.issubdtype(pixels.dtype, np.floating):
        raise InputError(f"{where}: its image is of type {pixels.dtype}; {_IMAGE}")
    if pixels.size and not (pixels.min() >= 0 and pixels.max() <= 1):
        raise InputError(
            f"{where}: its pixels reach from {pixels.min():g} to {pixels.max():g}; {_IMAGE}"
        )
    return (pixels * 255).round().astype(np.uint8)


def _label(where: str, label: Any) -> int:
    single = isinstance(label, (Tensor, np.ndarray)) and math.prod(label.shape) == 1
    value = label.item() if single else label
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or int(value) < 0:
        raise InputError(f"{where}: its label is {value!r}; allowed is an integer, 0 or more")
    return int(value)
