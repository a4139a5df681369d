"""A data set before and after it is read: its description, and its images as bytes."""

import dataclasses

from torch import Tensor

Shape = tuple[int, int, int]
"""An image's channels, height and width, the last two in pixels."""


@dataclasses.dataclass(frozen=True)
class Description:
    """What is known of a data set before it is read.

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
