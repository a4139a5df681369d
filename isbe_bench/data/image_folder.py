"""Images in folders: read once, and kept as bytes that are mapped from the disk.

How a file becomes pixels is said in `data/decoding.py`, which files are read in `data/image_listing.py`.
The bytes are kept (`data/kept.py`) under a hash of names, sizes and times of the files, so that a
changed folder is read again.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from isbe_bench.data import decoding, image_listing, kept
from isbe_bench.data.facts import stamp
from isbe_bench.data.image_listing import Samples
from isbe_bench.data.images import Images
from isbe_bench.errors import InputError
from isbe_bench.progress import Progress, Work
from isbe_bench.settings.dataset import ImageFolder

_PILLOW_MODES = {1: "L", 3: "RGB"}  # by the number of channels


def files(dataset: ImageFolder) -> Iterable[Path]:
    """All images of both splits.

    Raises
    ------
    InputError
        Folders that are not laid out as the format says.
    """
    return [Path(path) for samples in image_listing.splits(dataset).values() for path, _ in samples]


def read(dataset: ImageFolder) -> tuple[Images, Images]:
    """Training and test images, resized to `image_size` pixels a side.

    Raises
    ------
    InputError
        Folders that are not laid out as the format says, or a file that is no image.
    """
    splits = image_listing.splits(dataset)
    return _images(dataset, "train", splits["train"]), _images(dataset, "test", splits["test"])


def _images(dataset: ImageFolder, split: str, samples: Samples) -> Images:
    pixels = _mapped(dataset, split, samples)
    # (n, H, W, C) on the disk: a view, of which nothing is read yet.
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    return Images(images, torch.tensor([label for _, label in samples]))


def _mapped(dataset: ImageFolder, split: str, samples: Samples) -> NDArray[np.uint8]:
    """The pixels of these files, (n, H, W, C), mapped from the disk, to which they are decoded first."""

    def decode(path: Path) -> None:
        _decode(dataset, split, samples, _created(path, _shape(dataset, samples)))

    try:
        return kept.mapped(_key(dataset, samples), decode)
    except OSError as error:
        raise InputError(
            f"dataset.root={dataset.root}: the decoded images cannot be kept in {kept.folder()} "
            f"({error.strerror or error}); set ISBE_BENCH_CACHE to a folder with room for them"
        ) from error


def _key(dataset: ImageFolder, samples: Samples) -> str:
    """A hash of everything that the pixels depend on."""
    stamps = [(path, *stamp(Path(path))) for path, _ in samples]
    text = json.dumps([dataset.image_size, dataset.channels, stamps])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _shape(dataset: ImageFolder, samples: Samples) -> tuple[int, int, int, int]:
    return len(samples), dataset.image_size, dataset.image_size, dataset.channels


def _created(path: Path, shape: tuple[int, ...]) -> Any:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)


def _decode(dataset: ImageFolder, split: str, samples: Samples, pixels: Any) -> None:
    """Write the pixels of all files."""
    mode, side = _PILLOW_MODES[dataset.channels], dataset.image_size
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
    pixels.flush()
