"""`dataset`: the images.

The original of a public data set is identified by its name. Any other data set is identified by the
fingerprint of its images and labels, which its checked settings hold.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic import (
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.settings.fields import (
    AtLeastOne,
    AtLeastTwo,
    BelowOne,
    NotNegative,
    PathText,
    Positive,
    Settings,
)
from isbe_bench.settings.own import BUILT_IN, OWN, NoneOf, Own, PartName

if TYPE_CHECKING:
    Format = str
else:  # the catalogue is the only list of names
    Format = Literal[tuple(DATASETS)]

ImageSide = Annotated[int, Ge(1), Le(4096)]


class Augmentation(Settings):
    """Random transformations, drawn per image and epoch; every range is symmetric.

    Attributes
    ----------
    degrees, shear
        Rotation and shear, in degrees.
    translate
        Shift, as a share of the image's side.
    scale
        Zoom by a factor in [1 - scale, 1 + scale].
    flip
        Left-right, with probability 1/2. `alternating`: half of the images in the first epoch, the
        others in the next, and so on (Jordan 2024, Section 3.6).
    crop
        How many pixels are added at each side before a window of the image's size is cut out.
    padding
        How pixels outside the image are filled.
    """

    enabled: bool
    degrees: NotNegative
    translate: BelowOne
    scale: BelowOne
    shear: Annotated[float, Ge(0), Lt(90)]
    flip: bool | Literal["alternating"]
    crop: Annotated[int, Ge(0), Le(64)] = 0  # which files of version 0.1 lack
    padding: Literal["zeros", "border", "reflection"]

    @property
    def is_affine(self) -> bool:
        """Whether images are rotated, shifted, zoomed or sheared, and so interpolated."""
        return any((self.degrees, self.translate, self.scale, self.shear))


class Recommended(Settings):
    """Training settings of a data set, used unless the command sets others."""

    epochs: AtLeastOne
    lr: Positive


class Dataset(Settings):
    """What all data sets have.

    `imbalance` is the size of the largest training class over that of the smallest: images of the others
    are left out, so that sizes fall from class to class by the same factor (Cui et al. 2019). 1: all.
    """

    name: PartName
    validation_fraction: Annotated[float, Ge(0), Le(0.5)]
    imbalance: Annotated[float, Ge(1)] = 1.0  # which files of version 0.1 lack
    augmentation: Augmentation
    recommended: Recommended


class Stored(Dataset):
    """A data set in files.

    Attributes
    ----------
    format
        How the files are laid out. It is that of the original if it equals the name.
    root
        Their folder.
    download
        Whether missing files of the original may be downloaded.
    """

    format: str
    root: PathText
    download: bool

    @property
    def is_original(self) -> bool:
        """Whether the name stands for the public original."""
        return self.name == self.format

    @model_validator(mode="before")
    @classmethod
    def _with_format(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and "format" not in values:
            return {**values, "format": values.get("name")}
        return values

    @model_serializer(mode="wrap")
    def _as_in_version_0_1(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without a format that is the name, which would give every recorded run another identity."""
        values: dict[str, Any] = serialize(self)
        return {key: values[key] for key in values if key != "format" or not self.is_original}


class PublicDataset(Stored):
    """A public data set, or other images in the files of its format."""

    format: Format


class ImageFolder(Stored):
    """The user's own images: `root/train/CLASS/*` and `root/test/CLASS/*`.

    They are resized to squares of `image_size` pixels a side. Of the format `tinyimagenet`, the test
    images are those of `val/`, with its file of annotations.
    """

    name: Annotated[PartName, NoneOf(tuple(DATASETS))]
    format: Literal["image_folder", "tinyimagenet"]
    image_size: ImageSide
    channels: Literal[1, 3]


class ClassFolders(ImageFolder):
    """The user's own images in one folder a class, `root/CLASS/*`, without a split.

    Attributes
    ----------
    min_images
        Classes with fewer images are left out.
    test_fraction
        The share of each class's images that are test images, drawn by a fixed seed: they are the same
        for every run.
    """

    format: Literal["class_folders"]  # type: ignore[assignment]
    min_images: AtLeastTwo
    test_fraction: Annotated[float, Gt(0), Lt(1)]


class OwnDataset(Dataset):
    """The user's own data: `train` and `test` are targets that yield pairs of an image and its label.

    `image_size` is the side in pixels of the squares that images are resized to; null: they have one
    size.
    """

    name: Annotated[PartName, NoneOf(tuple(DATASETS))]
    train: Own
    test: Own
    image_size: ImageSide | None


class Fingerprinted(Settings):
    """Data that was read: `fingerprint` is a hash of its images and labels."""

    fingerprint: str


class ReadyPublicDataset(PublicDataset, Fingerprinted):
    """Images in the format of a public data set that are not the original's."""


class ReadyImageFolder(ImageFolder, Fingerprinted):
    """An image folder that was read."""


class ReadyClassFolders(ClassFolders, Fingerprinted):
    """Folders of classes that were read."""


class ReadyOwnDataset(OwnDataset, Fingerprinted):
    """The user's own data, read."""


def _kind(values: Any) -> str:
    """The tag of a data set, given as plain values or validated."""
    if isinstance(values, Mapping):
        return OWN if isinstance(values.get("train"), Mapping) else BUILT_IN
    return OWN if isinstance(values, OwnDataset) else BUILT_IN


AnyDataset = Annotated[
    Annotated[PublicDataset | ImageFolder | ClassFolders, Field(discriminator="format"), Tag(BUILT_IN)]
    | Annotated[OwnDataset, Tag(OWN)],
    Discriminator(_kind),
]
"""A data set as a command requests it."""
ReadyDataset = (
    PublicDataset | ReadyPublicDataset | ReadyImageFolder | ReadyClassFolders | ReadyOwnDataset
)
"""A data set as a run reads it."""
