"""`optimizer`: the update of the weights."""

from typing import Annotated, Literal

from annotated_types import Gt, Le

from isbe_bench.settings.fields import BelowOne, NotNegative, Positive, Settings


class Optimizer(Settings):
    """Adam with a learning rate that decays exponentially by epoch.

    `final_lr_ratio` is the last epoch's learning rate over the first's.
    """

    name: Literal["adam"]
    lr: Positive
    final_lr_ratio: Annotated[float, Gt(0), Le(1)]
    beta1: BelowOne
    beta2: BelowOne
    eps: Positive
    weight_decay: NotNegative
