"""`classifier`: the last layer, which makes scores of features."""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import Discriminator, Field, Tag

from isbe_bench.catalogue.classifiers import CLASSIFIERS
from isbe_bench.settings import composition, search_path, words
from isbe_bench.settings.fields import Settings
from isbe_bench.settings.own import BUILT_IN, OWN, NoneOf, OwnPart, PartName, origin

Scale = Annotated[float, Ge(0.001), Le(1000)]


class Linear(Settings):
    """A linear unit; `arch.bias` says whether it has a bias."""

    name: Literal["linear"]


class ScaledBatchNorm(Settings):
    """A linear unit and batch norm with a fixed scale (Zhu et al. 2020, Formula 9).

    Attributes
    ----------
    scale
        m of the text: the standard deviation of each class's scores over a batch.
    affine
        Whether a gain and an offset are learned for each class, as in Formula 4: the ablation.
    """

    name: Literal["scaled_bn"]
    scale: Scale
    affine: bool


class Cosine(Settings):
    """`scale` times the cosine of the angle between the features and the weights of a class.

    `scale` is s of Zhu et al. 2020, Formula 2.
    """

    name: Literal["cosine"]
    scale: Scale


class Pedcc(Settings):
    """`scale` times the cosine of the angle between the features and a fixed centroid of each class.

    Predefined evenly-distributed class centroids (Zhu et al. 2019). `centroids`: an exact simplex,
    turned at random, or points that repel each other on the sphere.
    """

    name: Literal["pedcc"]
    scale: Scale
    centroids: Literal["simplex", "repulsion"]


class OwnClassifier(OwnPart):
    """A classifier of the user's own."""

    name: Annotated[PartName, NoneOf(CLASSIFIERS.names())]


BuiltInClassifier = Linear | ScaledBatchNorm | Cosine | Pedcc
Classifier = BuiltInClassifier | OwnClassifier
AnyClassifier = Annotated[
    Annotated[BuiltInClassifier, Field(discriminator="name"), Tag(BUILT_IN)]
    | Annotated[OwnClassifier, Tag(OWN)],
    Discriminator(origin),
]
"""`Classifier` with the discriminators for its validation."""

LINEAR = Linear(name="linear")
"""The classifier of every network of the first paper."""


def comparable() -> list[str]:
    """The names allowed in `timing.classifiers`: all of `conf/classifier`."""
    return sorted(search_path.choices("classifier"), key=CLASSIFIERS.place)


def in_full(name: str) -> Classifier:
    """The full settings, from `conf/classifier`, of a name in `timing.classifiers`."""
    values = composition.choice("classifier", name)
    classifier: Classifier = words.validate(AnyClassifier, values, "classifier")
    return classifier
