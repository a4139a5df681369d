"""Pure functions over arrays: what repeated measurements say of a mean."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy import stats


@dataclasses.dataclass(frozen=True)
class MeanInterval:
    """A mean and the interval that holds the true one with the stated confidence.

    `low` and `high` are NaN below two values, which say nothing of their own spread.
    """

    mean: float
    low: float
    high: float
    count: int

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> MeanInterval:
    """Student's t interval of the mean of independent values, which holds for as few as two.

    Raises
    ------
    ValueError
        No values, or one that is not finite.
    """
    array = np.asarray(values, dtype=float)
    if array.size == 0 or not np.isfinite(array).all():
        raise ValueError("the mean needs one finite value or more")
    mean = float(array.mean())
    if array.size == 1:
        return MeanInterval(mean, math.nan, math.nan, 1)
    margin = float(stats.t.ppf((1 + confidence) / 2, array.size - 1) * stats.sem(array))
    return MeanInterval(mean, mean - margin, mean + margin, int(array.size))
