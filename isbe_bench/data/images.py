"""A data set before and after it is read: its description, and its images as bytes."""

import dataclasses
import hashlib

from torch import Tensor

_AT_ONCE = 1_000
"""How many images are hashed at once."""

Shape = tuple[int, int, int]
"""An image's channels, height and width, the last two in pixels."""


@dataclasses.dataclass(frozen=True)
class Description:
    """What a run has to know of a data set before it starts.

    Attributes
    ----------
    shape
        Of one image.
    classes
        The number of classes, 2 or more.
    train_images
        The number of training images before the validation images are split off.
    """

    shape: Shape
    classes: int
    train_images: int


@dataclasses.dataclass(frozen=True)
class Images:
    """Images (n, C, H, W), uint8, with labels (n,), int64 in [0, K)."""

    images: Tensor
    labels: Tensor


def describe(train: Images, test: Images) -> Description:
    """The description of a data set that was read."""
    channels, height, width = train.images.shape[1:]
    classes = 1 + max(int(each.labels.max()) for each in (train, test))
    return Description((channels, height, width), classes, len(train.labels))


def fingerprint(train: Images, test: Images) -> str:
    """A hash of all images and labels, in their order: 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for tensor in (train.images, train.labels, test.images, test.labels):
        digest.update(f"{tuple(tensor.shape)} ".encode())
        for part in tensor.split(_AT_ONCE):  # which may be mapped from the disk, in another order
            digest.update(part.contiguous().numpy().data)
    return digest.hexdigest()[:16]
