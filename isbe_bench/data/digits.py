"""scikit-learn's handwritten digits, which come with the package and need no download."""

from collections.abc import Iterable
from pathlib import Path

import torch
import torch.nn.functional as F

from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.data.images import Description, Images
from isbe_bench.settings.dataset import Dataset

_IMAGES = 1797
_SIDE = 28  # pixels, as in MNIST
_TRAIN_IMAGES = _IMAGES - DATASETS["digits"].test_images


DESCRIPTION = Description((1, _SIDE, _SIDE), classes=10, train_images=_TRAIN_IMAGES)


def files(dataset: Dataset) -> Iterable[Path]:
    """None: they come with a package, and are scaled by arithmetic that depends on the machine."""
    return ()


def read(dataset: Dataset) -> tuple[Images, Images]:
    """Training and test images, the last 360, scaled from 8x8 pixels with values from 0 to 16."""
    from sklearn.datasets import load_digits  # takes a second to import

    digits = load_digits()
    small = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
    large = F.interpolate(small, size=(_SIDE, _SIDE), mode="bilinear", align_corners=False)
    images = (large * 255).round().to(torch.uint8)
    labels = torch.from_numpy(digits.target).long()
    train, test = slice(_TRAIN_IMAGES), slice(_TRAIN_IMAGES, None)
    return Images(images[train], labels[train]), Images(images[test], labels[test])
