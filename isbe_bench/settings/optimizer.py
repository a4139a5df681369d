"""`optimizer`: the update of the weights."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Lt
from pydantic import Discriminator, Field, Tag

from isbe_bench.settings.fields import BelowOne, NotNegative, Positive, Settings
from isbe_bench.settings.own import BUILT_IN, OWN, NoneOf, OwnPart, PartName, origin


class Adam(Settings):
    """Adam (Kingma and Ba 2015), or AdamW with decoupled weight decay (Loshchilov and Hutter 2019)."""

    name: Literal["adam", "adamw"]
    lr: Positive
    beta1: BelowOne
    beta2: BelowOne
    eps: Positive
    weight_decay: NotNegative


class Sgd(Settings):
    """Stochastic gradient descent with momentum, Nesterov's if asked for."""

    name: Literal["sgd"]
    lr: Positive
    momentum: BelowOne
    nesterov: bool
    weight_decay: NotNegative


class AirbenchSgd(Settings):
    """Gradient descent with Nesterov's momentum, as in airbench (Jordan 2024, arXiv:2404.00498).

    Attributes
    ----------
    norm_bias_lr_ratio
        The learning rate of the biases of batch norms, over that of the other weights. All weights decay
        alike.
    lookahead
        Steps after which the weights are moved to their running mean (Zhang et al. 2019); 0: never.
    """

    name: Literal["airbench_sgd"]
    lr: Positive
    momentum: Annotated[float, Gt(0), Lt(1)]
    weight_decay: NotNegative
    norm_bias_lr_ratio: Positive
    lookahead: Annotated[int, Ge(0)]


class HeavyBall(Settings):
    """Gradient descent with a velocity that the learning rate is part of (Tomasi 2019, Section 4).

    `momentum` is its largest coefficient, and `rise` the number of steps after which it rises; 0: it is
    constant.
    """

    name: Literal["heavy_ball"]
    lr: Positive
    momentum: BelowOne
    rise: Annotated[int, Ge(0)]
    weight_decay: NotNegative


class OwnOptimizer(OwnPart):
    """Any other optimiser, of torch or of the user's own."""

    name: Annotated[PartName, NoneOf(("adam", "adamw", "sgd", "airbench_sgd", "heavy_ball"))]


Optimizer = Adam | Sgd | AirbenchSgd | HeavyBall | OwnOptimizer
AnyOptimizer = Annotated[
    Annotated[Adam | Sgd | AirbenchSgd | HeavyBall, Field(discriminator="name"), Tag(BUILT_IN)]
    | Annotated[OwnOptimizer, Tag(OWN)],
    Discriminator(origin),
]
"""`Optimizer` with the discriminators for its validation."""
