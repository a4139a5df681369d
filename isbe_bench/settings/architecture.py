"""`arch`: the network."""

from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge, Le, MinLen
from pydantic import Discriminator, Field, Tag

from isbe_bench.catalogue.networks import CIFAR_NETS, MNIST_NETS, NETWORKS
from isbe_bench.settings.fields import AtLeastOne, Listed, Positive, Settings
from isbe_bench.settings.own import BUILT_IN, OWN, NoneOf, OwnPart, PartName, origin

if TYPE_CHECKING:
    Name = str
else:  # the catalogue is the only list of names
    Name = Literal[NETWORKS.names(MNIST_NETS, CIFAR_NETS)]

Pooling = Literal["flatten", "average"]


class Architecture(Settings):
    """A network of Skarbek 2024 (Section 4.1 and 4.2).

    Attributes
    ----------
    batch_norm
        Whether batch norm follows every convolution.
    bias
        Whether the last linear unit has a bias: the "relocation" of N1r.
    pooling
        How the last feature maps become a vector.
    """

    name: Name
    batch_norm: bool
    bias: bool
    pooling: Pooling


class ResNet(Settings):
    """A residual network (He et al. 2016).

    Attributes
    ----------
    width
        The number of maps of the first stage; each further stage doubles it.
    stem
        `cifar`: a convolution with 3x3 masks; `imagenet`: 7x7, stride 2, and max-pooling.
    bias, pooling
        As in `Architecture`.
    """

    name: Literal["resnet18", "resnet50"]
    width: AtLeastOne
    stem: Literal["cifar", "imagenet"]
    bias: bool
    pooling: Pooling


class VggZhu(Settings):
    """The VGG of the later public code of Zhu et al.; `width` maps in its first convolution."""

    name: Literal["vgg_zhu"]
    width: AtLeastOne
    bias: bool


class Perceptron(Settings):
    """Linear units of `hidden` outputs each, with ReLU, and batch norm before it if asked for."""

    name: Literal["perceptron"]
    hidden: Annotated[tuple[Annotated[int, Ge(1), Le(100_000)], ...], MinLen(0), Field(strict=False)]
    batch_norm: bool
    bias: bool


class Airbench(Settings):
    """The network of airbench94 (Jordan 2024, arXiv:2404.00498).

    Attributes
    ----------
    widths
        The number of maps of each group of convolutions.
    whitening_bias_epochs
        The epochs after which the bias of its first convolution stays as it is.
    score_scale
        A factor of all scores.
    bias
        As in `Architecture`.
    """

    name: Literal["airbench"]
    widths: Listed[Annotated[int, Ge(1), Le(4096)]]
    whitening_bias_epochs: AtLeastOne
    score_scale: Positive
    bias: bool


class OwnArchitecture(OwnPart):
    """A network of the user's own."""

    name: Annotated[PartName, NoneOf(NETWORKS.names())]


BuiltInArchitecture = Architecture | ResNet | VggZhu | Perceptron | Airbench
AnyArchitecture = Annotated[
    Annotated[BuiltInArchitecture, Field(discriminator="name"), Tag(BUILT_IN)]
    | Annotated[OwnArchitecture, Tag(OWN)],
    Discriminator(origin),
]
"""A network with the discriminators for its validation."""
