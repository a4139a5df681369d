"""Gradient descent with different batch sizes, at equal numbers of gradients (Tomasi 2019, Section 4).

An epoch takes one gradient of each image, whatever the batch. Each batch size has its own learning rate,
that of the lowest validation loss, since a larger batch affords larger steps.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis.reading.settings import without
from isbe_bench.analysis.trainings import over_seeds
from isbe_bench.analysis.tuning import Tuned, Tuning
from isbe_bench.statistics.intervals import MeanInterval, mean_interval, ratio_interval
from isbe_bench.statistics.verdicts import Paired, paired

SIZE = "train.batch_size"


class Descent:
    """One network, data set and loss, trained with several batch sizes.

    Attributes
    ----------
    where
        Data set, network, epochs and settings other than batch size and learning rate.
    title
        Such as `perceptron on digits (20 epochs)`.
    mode
        The loss mode.
    runs
        The trainings at the chosen rate of their batch size, as in `Collection.runs`.
    """

    def __init__(self, where: dict[str, Any], members: dict[int, tuple[Tuning, Tuned]]) -> None:
        first, tuned = next(iter(members.values()))
        self.where, self.title, self.mode = where, first.title, tuned.mode
        self._margin = first.margin
        self._tuned = {size: each for size, (_, each) in sorted(members.items())}
        chosen = {size: (each, self.rate(size)) for size, each in self._tuned.items()}
        self.runs = pd.concat([each.at(rate) for each, rate in chosen.values()])
        self._curves = pd.concat(
            [each.curves(rate).assign(size=size) for size, (each, rate) in chosen.items()]
        )

    @property
    def sizes(self) -> list[int]:
        """The batch sizes, rising; the last is the reference of the others."""
        return list(self._tuned)

    def rate(self, size: int) -> float:
        """The learning rate of a batch size."""
        return min(self._tuned[size].complete, key=self._tuned[size].loss)

    def edge(self, size: int) -> str:
        """`lowest` or `highest` if that rate is at that end of those tried, else empty."""
        return self._tuned[size].end(self.rate(size))

    def curve(self, size: int, column: str) -> pd.DataFrame:
        """Mean, minimum and maximum over seeds of a column of `epochs.csv`, one row per epoch."""
        return over_seeds(self._curves[self._curves["size"] == size], column)

    def final(self, size: int, column: str) -> "pd.Series[float]":
        """A column of `epochs.csv` after the last epoch, by seed."""
        last = self._curves[
            (self._curves["size"] == size) & (self._curves["epoch"] == self.where["epochs"])
        ]
        by_seed: pd.Series[float] = last.set_index("seed")[column]
        return by_seed

    def loss(self, size: int) -> MeanInterval:
        """Mean training loss after the last epoch, over seeds."""
        return mean_interval(self.final(size, "train_loss").tolist())

    def loss_ratio(self, size: int, reference: int) -> MeanInterval | None:
        """The training loss over that of another batch size, paired by seed: the geometric mean."""
        ratios = (self.final(size, "train_loss") / self.final(reference, "train_loss")).dropna()
        return ratio_interval(ratios.tolist()) if len(ratios) else None

    def difference(self, size: int, reference: int) -> Paired | None:
        """Alpha minus that of another batch size, in points, paired by seed."""
        one, other = (self.final(each, "test_accuracy") for each in (size, reference))
        differences = (one - other).dropna().tolist()
        return paired(differences, self._margin) if differences else None


def groups(tunings: Iterable[Tuning]) -> Iterator[Descent]:
    """All networks, data sets and losses that were tuned with two batch sizes or more."""
    found: dict[tuple[Any, ...], dict[int, tuple[Tuning, Tuned]]] = defaultdict(dict)
    for tuning in tunings:
        if not all(tuned.has_curves for tuned in tuning.modes):
            continue
        where = tuning.where | {"settings": without(SIZE, str(tuning.where["settings"]))}
        for tuned in tuning.modes:
            size = int(tuned.runs[SIZE].iloc[0])
            found[*where.items(), tuned.mode][size] = (tuning, tuned)
    for (*place, _), members in found.items():
        if len(members) > 1:
            yield Descent(dict(place), members)
