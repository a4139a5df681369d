"""`arch`: the network."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Discriminator, Tag

from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.settings.fields import Settings
from isbe_bench.settings.own import BUILT_IN, OWN, NoneOf, OwnPart, PartName, origin

if TYPE_CHECKING:
    Name = str
else:  # the catalogue is the only list of names
    Name = Literal[NETWORKS.names()]


class Architecture(Settings):
    """A network of the paper (Section 4.1 and 4.2).

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
    pooling: Literal["flatten", "average"]


class OwnArchitecture(OwnPart):
    """A network of the user's own."""

    name: Annotated[PartName, NoneOf(NETWORKS.names())]


AnyArchitecture = Annotated[
    Annotated[Architecture, Tag(BUILT_IN)] | Annotated[OwnArchitecture, Tag(OWN)], Discriminator(origin)
]
