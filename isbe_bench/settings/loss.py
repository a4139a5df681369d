"""`loss`: the loss mode."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge, Le, Lt
from pydantic import Discriminator, Field, Tag

from isbe_bench.catalogue.losses import CROSS_ENTROPY, FUNCTION, ISBE, LOSSES
from isbe_bench.errors import InputError
from isbe_bench.settings import composition, search_path, words
from isbe_bench.settings.fields import BelowOne, Listed, Positive, Settings
from isbe_bench.settings.own import BUILT_IN, OWN, NoneOf, Own, OwnPart, PartName, origin

if TYPE_CHECKING:
    CrossEntropyName = str
    IsbeName = str
else:  # the catalogue is the only list of names
    CrossEntropyName, IsbeName = Literal[CROSS_ENTROPY], Literal[ISBE]


Weight = Annotated[float, Ge(0), Le(1000)]

SYMMETRIC = ("tanh", "hardtanh")
"""Activations into [-1, 1], whose targets are mapped to `2Y° - 1`."""


class CrossEntropy(Settings):
    """SoftMax with cross-entropy; the name states the reduction over the batch."""

    name: CrossEntropyName
    label_smoothing: BelowOne

    @property
    def reduction(self) -> str:
        """`mean`, `none` or `sum`."""
        return self.name.removeprefix("ce_")


class SeparatedCrossEntropy(Settings):
    """SoftMax, logarithm and mean apart (paper, Diagrams 1 and 6)."""

    name: Literal["ce_separated"]


class AmSoftmax(Settings):
    """Cross-entropy with a margin between cosines; `margin` is m of Zhu et al. 2020, Formula 2."""

    name: Literal["am_softmax"]
    margin: BelowOne


class PedccLoss(Settings):
    """AM-Softmax, and `weight` times the mean squared distance from the label's centroid."""

    name: Literal["pedcc"]
    margin: BelowOne
    weight: Weight


class AngularLoss(Settings):
    """L-Softmax or A-Softmax, which multiply the angle to the label by `margin`."""

    name: Literal["l_softmax", "a_softmax"]
    margin: Annotated[int, Ge(1), Le(4)]


class CenterLoss(Settings):
    """Cross-entropy, and `weight` times the mean squared distance from the label's learned centre."""

    name: Literal["center"]
    weight: Weight


class Isbe(Settings):
    """The soft error in place of a loss gradient (paper, Section 3 and Appendix B).

    The name states the activation that turns raw scores into soft ones. `blur_amount` is eps of
    Appendix B or mu of Section 3.
    """

    name: IsbeName
    implementation: Literal["direct", "function"]
    blur: Literal["appendix_b", "section_3"]
    blur_amount: Annotated[float, Ge(0), Lt(0.5)]
    hardsigmoid: Literal["pytorch", "section_4"]
    scale: Literal["sum", "mean"]
    curve: Literal["section_4", "appendix_b"]

    @property
    def activation_name(self) -> str:
        """The last part of the name: `softmax`, `sigmoid`, `hardsigmoid` and so on."""
        return self.name.removeprefix("isbe_")

    @property
    def symmetric(self) -> bool:
        """Whether targets are mapped to `2Y° - 1`, for soft scores in [-1, 1]."""
        return self.activation_name in SYMMETRIC


class NormalizeIsbe(Isbe):
    """Soft scores on the unit sphere, which Section 3 warns against as unstable around zero."""

    name: Literal["isbe_normalize"]
    targets: Literal["symmetric", "onehot"]

    @property
    def symmetric(self) -> bool:
        """As configured, since the paper does not state its targets."""
        return self.targets == "symmetric"


class DilatedIsbe(Isbe):
    """SoftMax(d ⊙ x) with the error d ⊙ (Y - Y°) (Theorem A1); `dilation` is d."""

    name: Literal["isbe_dilated_softmax"]
    dilation: Positive | Listed[Positive]


OwnName = Annotated[PartName, NoneOf(LOSSES.names())]


class OwnIsbe(Isbe):
    """The soft error of an activation of the user's own, (batch, K) -> (batch, K)."""

    name: OwnName
    activation: Own
    targets: Literal["symmetric", "onehot"]

    @property
    def symmetric(self) -> bool:
        """As configured."""
        return self.targets == "symmetric"


class OwnLoss(OwnPart):
    """The user's own loss."""

    name: OwnName


_OWN_ACTIVATION = "own activation"


def _kind(values: Any) -> str:
    """The tag of a loss, given as plain values or validated."""
    if isinstance(values, OwnIsbe) or (
        isinstance(values, Mapping) and isinstance(values.get("activation"), Mapping)
    ):
        return _OWN_ACTIVATION
    return origin(values)


BuiltInLoss = (
    CrossEntropy
    | Isbe
    | NormalizeIsbe
    | DilatedIsbe
    | SeparatedCrossEntropy
    | AmSoftmax
    | PedccLoss
    | AngularLoss
    | CenterLoss
)
Loss = BuiltInLoss | OwnIsbe | OwnLoss
AnyLoss = Annotated[
    Annotated[BuiltInLoss, Field(discriminator="name"), Tag(BUILT_IN)]
    | Annotated[OwnIsbe, Tag(_OWN_ACTIVATION)]
    | Annotated[OwnLoss, Tag(OWN)],
    Discriminator(_kind),
]
"""`Loss` with the discriminators for its validation."""


def comparable() -> list[str]:
    """The names allowed in `timing.losses`: all of `conf/loss`, and `NAME:function` for ISBE modes."""
    names = sorted(search_path.choices("loss"), key=LOSSES.place)
    functions = [name for name in names if _is_isbe(name)]
    return [*names, *(f"{name}{FUNCTION}" for name in functions)]


def in_full(name: str) -> Loss:
    """The full settings, from `conf/loss`, of a name in `timing.losses`."""
    values = composition.choice("loss", name.removesuffix(FUNCTION))
    if name.endswith(FUNCTION):
        values = {**values, "implementation": "function"}
    loss: Loss = words.validate(AnyLoss, values, "loss")
    return loss


def _is_isbe(name: str) -> bool:
    try:
        values = composition.choice("loss", name)
    except InputError:  # a file of the user's that cannot be read, and that may not be asked for
        return False
    return origin(values) == BUILT_IN and "implementation" in values
