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
        What lies outside an image.
    """

    enabled: bool
    degrees: NotNegative
    translate: BelowOne
    scale: BelowOne
    shear: Annotated[float, Ge(0), Lt(90)]
    flip: bool
    padding: Literal["zeros", "border", "reflection"]


class Recommended(Settings):
    """What a data set is trained with unless the command says otherwise."""

    epochs: AtLeastOne
    lr: Positive


class Dataset(Settings):
    """A data set that needs no description of its own."""

    name: Name
    root: PathText
    download: bool
    validation_fraction: Annotated[float, Gt(0), Le(0.5)]
    augmentation: Augmentation
    recommended: Recommended


class ImageFolder(Dataset):
    """Images of the user's own: `root/train/CLASS/*` and `root/test/CLASS/*`.

    They are resized to `image_size` pixels a side.
    """

    name: Literal["image_folder"]
    image_size: Annotated[int, Ge(1), Le(4096)]
    channels: Literal[1, 3]


class ReadyImageFolder(ImageFolder):
    """Images that were looked at: `fingerprint` is a hash of their names and contents."""

    fingerprint: str


AnyDataset = Annotated[Dataset | ImageFolder, Field(discriminator="name")]
"""What a command asks for."""
ReadyDataset = Annotated[Dataset | ReadyImageFolder, Field(discriminator="name")]
"""What a run reads."""
