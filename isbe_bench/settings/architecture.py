"""`arch`: the network."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.settings.fields import BUILT_IN, OWN, DottedPath, Settings, origin

if TYPE_CHECKING:
    Name = str
else:  # the catalogue is the only list of names
    Name = Literal[NETWORKS.names()]


class Architecture(Settings):
    """A network of the paper (Section 4.1 and 4.2).

    Attributes
    ----------
    batch_norm
        Whether it follows every convolution.
    bias
        Of the last linear unit: the "relocation" of N1r.
    pooling
        How the last feature map becomes a vector.
    """

    name: Name
    batch_norm: bool
    bias: bool
    pooling: Literal["flatten", "average"]


class OwnArchitecture(Settings, extra="allow"):
    """A network of the user's own: a YAML file with `_target_`, whose further keys are its parameters.

    Attributes
    ----------
    name
        The name of its file.
    target
        The dotted path of what makes it.
    """

    name: str
    target: DottedPath = Field(alias="_target_")

    @property
    def parameters(self) -> dict[str, Any]:
        """What the target is called with."""
        return dict(self.model_extra or {})


AnyArchitecture = Annotated[
    Annotated[Architecture, Tag(BUILT_IN)] | Annotated[OwnArchitecture, Tag(OWN)], Discriminator(origin)
]
