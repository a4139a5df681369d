"""`schedule`: how the learning rate changes during a training.

A schedule advances at the end of each epoch or of each step, as `interval` says.
"""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic import Discriminator, Field, Tag

from isbe_bench.settings.fields import AtLeastOne, Positive, Settings, Several
from isbe_bench.settings.own import BUILT_IN, OWN, NoneOf, OwnPart, PartName, origin

Interval = Literal["epoch", "step"]
_NAMES = ("exponential", "multistep", "cosine", "plateau", "onecycle", "triangle")
Factor = Annotated[float, Gt(0), Lt(1)]


class Exponential(Settings):
    """Decay by the same factor in each interval.

    `final_lr_ratio` is the last interval's learning rate over the first's.
    """

    name: Literal["exponential"]
    interval: Interval
    final_lr_ratio: Annotated[float, Gt(0), Le(1)]


class MultiStep(Settings):
    """The rate is multiplied by `gamma` at each milestone, given as a share of the training."""

    name: Literal["multistep"]
    interval: Interval
    milestones: Several[Factor]
    gamma: Factor


class Cosine(Settings):
    """Half a cosine (Loshchilov and Hutter 2017), down to `final_lr_ratio` of the first rate."""

    name: Literal["cosine"]
    interval: Interval
    final_lr_ratio: Annotated[float, Ge(0), Le(1)]


class Plateau(Settings):
    """The rate is multiplied by `factor` after `patience` + 1 epochs without a lower validation loss."""

    name: Literal["plateau"]
    interval: Literal["epoch"]
    factor: Factor
    patience: AtLeastOne


class OneCycle(Settings):
    """One cycle (Smith and Topin 2018): up to `optimizer.lr`, then down.

    Attributes
    ----------
    rise
        The share of the training in which the rate rises.
    initial_lr_ratio, final_lr_ratio
        The first and the last rate over `optimizer.lr`.
    cycle_momentum
        Whether momentum, or Adam's beta1, falls while the rate rises: from 0.95 to 0.85 and back.
    """

    name: Literal["onecycle"]
    interval: Interval
    rise: Factor
    initial_lr_ratio: Factor
    final_lr_ratio: Positive
    cycle_momentum: bool


class Triangle(Settings):
    """The rate rises linearly to `optimizer.lr` in a share `rise` of the training, then falls linearly.

    `initial_lr_ratio` and `final_lr_ratio` are the first and the last rate over `optimizer.lr`.
    """

    name: Literal["triangle"]
    interval: Interval
    rise: Factor
    initial_lr_ratio: Annotated[float, Ge(0), Le(1)]
    final_lr_ratio: Annotated[float, Ge(0), Le(1)]


class OwnSchedule(OwnPart):
    """Any other schedule of torch, or of the user's own."""

    name: Annotated[PartName, NoneOf(_NAMES)]
    interval: Interval


BuiltInSchedule = Exponential | MultiStep | Cosine | Plateau | OneCycle | Triangle
Schedule = BuiltInSchedule | OwnSchedule
AnySchedule = Annotated[
    Annotated[BuiltInSchedule, Field(discriminator="name"), Tag(BUILT_IN)]
    | Annotated[OwnSchedule, Tag(OWN)],
    Discriminator(origin),
]
"""`Schedule` with the discriminators for its validation."""
