"""Where images come from: scikit-learn's digits, torchvision's data sets, folders of the user's own.

Each source is first described, cheaply and without downloading, so that a run can be refused before
any work; then read, as bytes.
"""

import dataclasses
import functools
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from filelock import FileLock
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from tqdm import tqdm

from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.data.torchvision_cpu import torchvision
from isbe_bench.errors import InputError
from isbe_bench.networks.architectures import Shape
from isbe_bench.settings.dataset import Dataset, ImageFolder


@dataclasses.dataclass(frozen=True)
class Description:
    """What is known of a data set before it is read."""

    shape: Shape
    classes: int
    train_images: int  # before the validation images are split off


@dataclasses.dataclass(frozen=True)
class Images:
    """Images (n, C, H, W), uint8, with labels (n,), int64."""

    images: Tensor
    labels: Tensor


def describe(dataset: Dataset) -> Description:
    """Shape, classes and size of a data set; its files are looked for, not read.

    Raises
    ------
    InputError
        Files that are not there and may not be downloaded, or a folder that is not laid out right.
    """
    if isinstance(dataset, ImageFolder):
        return _describe_folder(dataset)
    if dataset.name == "digits":
        return _DIGITS
    description, folder = _TORCHVISION[dataset.name]
    root = Path(dataset.root).expanduser()
    if not dataset.download and not (root / folder).is_dir():
        raise InputError(
            f"dataset.root={dataset.root}: has no {folder}; allowed is a folder that holds it, "
            "or dataset.download=true"
        )
    return description


@functools.lru_cache(maxsize=1)  # the runs of a sweep mostly share their data
def read(dataset: Dataset) -> tuple[Images, Images]:
    """The training and test images of a data set, downloading them first where that is allowed.

    Raises
    ------
    InputError
        Files that are missing, damaged, or cannot be downloaded.
    """
    if isinstance(dataset, ImageFolder):
        return _read_folder(dataset, "train"), _read_folder(dataset, "test")
    if dataset.name == "digits":
        return _read_digits()
    return _read_torchvision(dataset, train=True), _read_torchvision(dataset, train=False)


# --- digits ---------------------------------------------------------------------------------------

_DIGITS = Description((1, 28, 28), classes=10, train_images=1797 - DATASETS["digits"].test_images)


def _read_digits() -> tuple[Images, Images]:
    """scikit-learn's 8x8 digits (values 0 to 16), scaled to 28x28; the last 360 are the test images."""
    from sklearn.datasets import load_digits  # takes a second to import

    digits = load_digits()
    small = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
    large = F.interpolate(small, size=(28, 28), mode="bilinear", align_corners=False)
    images = (large * 255).round().to(torch.uint8)
    labels = torch.from_numpy(digits.target).long()
    cut = _DIGITS.train_images
    return Images(images[:cut], labels[:cut]), Images(images[cut:], labels[cut:])


# --- torchvision ----------------------------------------------------------------------------------

_TORCHVISION = {
    "mnist": (Description((1, 28, 28), 10, 60_000), "MNIST/raw"),
    "cifar10": (Description((3, 32, 32), 10, 50_000), "cifar-10-batches-py"),
    "cifar100": (Description((3, 32, 32), 100, 50_000), "cifar-100-python"),
}


def _read_torchvision(dataset: Dataset, train: bool) -> Images:
    try:
        source = _load_torchvision(dataset, train)
        images, labels = _tensors(source)
        _check_tensors(images, labels, describe(dataset))
    except (OSError, RuntimeError, ValueError, EOFError, AssertionError) as error:
        reason = " ".join(str(error).split()) or "a file is damaged"
        way = "downloaded to" if dataset.download else "read from"
        raise InputError(
            f"dataset.root={dataset.root}: {dataset.name} could not be {way} it ({reason}); allowed "
            "is a folder with torchvision's files (see the README on data without a network)"
        ) from error
    return Images(images, labels)


def _tensors(source: Any) -> tuple[Tensor, Tensor]:
    """Torchvision's arrays as images (n, C, H, W) and labels (n,)."""
    data = torch.as_tensor(np.asarray(source.data))
    images = data.unsqueeze(1) if data.ndim == 3 else data.permute(0, 3, 1, 2).contiguous()
    return images, torch.as_tensor(np.asarray(source.targets)).long()


def _check_tensors(images: Tensor, labels: Tensor, description: Description) -> None:
    """ValueError where images and labels cannot belong together: torchvision does not look."""
    if len(images) != len(labels):
        raise ValueError(f"it has {len(images)} images and {len(labels)} labels")
    if tuple(images.shape[1:]) != description.shape:
        raise ValueError(f"its images have the shape {tuple(images.shape[1:])}")
    if not 0 <= int(labels.min()) <= int(labels.max()) < description.classes:
        raise ValueError(f"its labels reach from {int(labels.min())} to {int(labels.max())}")


def _load_torchvision(dataset: Dataset, train: bool) -> Any:
    datasets = torchvision("datasets")
    kind = {"mnist": datasets.MNIST, "cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}
    root = Path(dataset.root).expanduser()
    try:
        return kind[dataset.name](root, train=train, download=False)
    except RuntimeError:  # files are missing or, where torchvision knows their checksums, damaged
        if not dataset.download:
            raise
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / f".{dataset.name}.lock"):  # another run may be downloading them too
        return kind[dataset.name](root, train=train, download=True)


# --- image folders --------------------------------------------------------------------------------


def _folder(dataset: ImageFolder, split: str) -> Any:
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


def _describe_folder(dataset: ImageFolder) -> Description:
    train, test = _folder(dataset, "train"), _folder(dataset, "test")
    if train.classes != test.classes:
        odd = sorted(set(train.classes) ^ set(test.classes))
        raise InputError(
            f"dataset.root={dataset.root}: train/ and test/ must have the same classes; "
            f"only one of them has {', '.join(odd)}"
        )
    if len(train.classes) < 2:
        raise InputError(f"dataset.root={dataset.root}: has one class; allowed is two or more")
    side = dataset.image_size
    return Description((dataset.channels, side, side), len(train.classes), len(train.samples))


def _read_folder(dataset: ImageFolder, split: str) -> Images:
    samples = _folder(dataset, split).samples
    mode, side = {1: "L", 3: "RGB"}[dataset.channels], dataset.image_size
    pixels = np.empty((len(samples), side, side, dataset.channels), dtype=np.uint8)
    for row, (path, _) in zip(pixels, tqdm(samples, desc=f"read {split}/", disable=None), strict=True):
        try:
            with Image.open(path) as image:
                small = _eight_bit(image).convert(mode).resize((side, side), Image.Resampling.BILINEAR)
        except (OSError, UnidentifiedImageError, ValueError) as error:
            raise InputError(
                f"dataset.root={dataset.root}: {path} cannot be read as an image"
            ) from error
        row[:] = np.asarray(small).reshape(row.shape)
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    return Images(images, torch.tensor([label for _, label in samples]))


def _eight_bit(image: Image.Image) -> Image.Image:
    """Pillow clips 16-bit grey to 255 instead of scaling it; ValueError for pixels without a scale."""
    if image.mode == "F":
        raise ValueError("floating-point pixels have no known range")
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image) / 257).clip(0, 255).astype(np.uint8))


@functools.lru_cache(maxsize=1)
def fingerprint(dataset: ImageFolder) -> str:
    """Tells one set of files from another wherever it lies: a hash over their names and contents."""
    root = Path(dataset.root).expanduser()
    digest = hashlib.sha256()
    for split in ("train", "test"):
        for path, _ in _folder(dataset, split).samples:
            digest.update(f"{Path(path).relative_to(root)}\n".encode())
            try:
                content = Path(path).read_bytes()
            except OSError as error:
                reason = error.strerror or str(error)
                raise InputError(
                    f"dataset.root={dataset.root}: {path} cannot be read ({reason})"
                ) from error
            digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]
