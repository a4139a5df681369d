"""`dataset`: the images."""

from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field

from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.settings.fields import AtLeastOne, BelowOne, NotNegative, PathText, Positive, Settings

if TYPE_CHECKING:
    Name = str
else:  # the catalogue is the only list of names
    Name = Literal[tuple(DATASETS)]


class Augmentation(Settings):
    """Random affine transformations, drawn per image and epoch; every range is symmetric.

    Attributes
    ----------
    degrees, shear
        Rotation and shear, in degrees.
    translate
        Shift, as a share of the image's side.
    scale
        Zoom by a factor in [1 - scale, 1 + scale].
    flip
        Left-right, with probability 1/2.
    padding
        How pixels outside the image are filled.
    """

    enabled: bool
    degrees: NotNegative
    translate: BelowOne
    scale: BelowOne
    shear: Annotated[float, Ge(0), Lt(90)]
    flip: bool
    padding: Literal["zeros", "border", "reflection"]


class Recommended(Settings):
    """Training settings of a data set, used unless the command sets others."""

    epochs: AtLeastOne
    lr: Positive


class Dataset(Settings):
    """A data set known by name."""

    name: Name
    root: PathText
    download: bool
    validation_fraction: Annotated[float, Gt(0), Le(0.5)]
    augmentation: Augmentation
    recommended: Recommended


class ImageFolder(Dataset):
    """The user's own images: `root/train/CLASS/*` and `root/test/CLASS/*`.

    They are resized to squares of `image_size` pixels a side.
    """

    name: Literal["image_folder"]
    image_size: Annotated[int, Ge(1), Le(4096)]
    channels: Literal[1, 3]


class ReadyImageFolder(ImageFolder):
    """An image folder that was read: `fingerprint` is a hash of its file names and contents."""

    fingerprint: str


AnyDataset = Annotated[Dataset | ImageFolder, Field(discriminator="name")]
"""A data set as a command requests it."""
ReadyDataset = Annotated[Dataset | ReadyImageFolder, Field(discriminator="name")]
"""A data set as a run reads it."""
