"""Learning rates: the best one of each loss mode, by the accuracy on validation images alone.

Test images choose nothing here, so they still measure what a chosen rate is worth.
"""

import dataclasses
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import pandas as pd

from isbe_bench.analysis import grouping
from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue import datasets
from isbe_bench.catalogue.losses import LOSSES, REFERENCE
from isbe_bench.statistics.intervals import MeanInterval, mean_interval
from isbe_bench.statistics.verdicts import MIN_RUNS, Paired, paired

RATE = "optimizer.lr"
"""The setting in which the runs of a mode differ."""
MIN_RATES = 3
"""Fewer rates show no curve, and so no best one."""


class Tuned:
    """The trainings of one mode that differ only in learning rate and seed.

    Attributes
    ----------
    mode
        The loss mode.
    has_curves
        Whether every run was evaluated after every epoch.
    runs
        As in `Collection.runs`, with the rate as a number in `rate`.
    accuracies
        Validation accuracy in percent after a run's last epoch: one row per seed, one column per rate in
        rising order, NaN where a run is missing. A seed counts if it has three rates or more; empty if
        none has.
    """

    def __init__(self, group: Trainings) -> None:
        self.mode = str(group.runs["loss.name"].iloc[0])
        self.runs = group.runs.assign(mode=self.mode, rate=group.runs[RATE].astype(float))
        self.has_curves = group.has_curves
        self._curves = group.curves
        last = group.curves.sort_values("epoch").groupby("run").tail(1).merge(self.runs[["run", "rate"]])
        self.accuracies, self._losses = (
            last.pivot_table(index="seed", columns="rate", values=f"validation_{what}")
            .dropna(thresh=MIN_RATES)
            .dropna(axis="columns", how="all")
            for what in ("accuracy", "loss")
        )

    @property
    def rates(self) -> list[float]:
        """All rates in rising order."""
        return list(map(float, self.accuracies.columns.to_numpy()))

    def count(self, rate: float) -> int:
        """The number of seeds at a rate."""
        return int(self.accuracies[rate].count())

    @property
    def complete(self) -> list[float]:
        """The rates with the most seeds; others lack runs, as where a training diverged."""
        most = max(map(self.count, self.rates))
        return [rate for rate in self.rates if self.count(rate) == most]

    @property
    def best(self) -> float:
        """The complete rate with the highest mean accuracy; of equal ones, with the lowest mean loss."""
        return max(self.complete, key=lambda rate: (self.accuracy(rate).mean, -self.loss(rate)))

    def at(self, rate: float) -> pd.DataFrame:
        """The runs at a rate."""
        return self.runs[self.runs["rate"] == rate]

    def curves(self, rate: float) -> pd.DataFrame:
        """The epochs of the runs at a rate, as in `Trainings.curves`."""
        return self._curves[self._curves["run"].isin(self.at(rate)["run"])]

    @property
    def edge(self) -> str:
        """`lowest` or `highest` if the best rate is at that end of the grid, else empty."""
        return self.end(self.best)

    def end(self, rate: float) -> str:
        """The same of any rate."""
        return {self.rates[0]: "lowest", self.rates[-1]: "highest"}.get(rate, "")

    def accuracy(self, rate: float) -> MeanInterval:
        """Mean validation accuracy at a rate over seeds, in percent."""
        return mean_interval(self.accuracies[rate].dropna().tolist())

    def loss(self, rate: float) -> float:
        """Mean validation loss at a rate over seeds."""
        return float(self._losses[rate].mean())

    @property
    def choosing(self) -> set[str]:
        """The names of the runs that choose the rate."""
        return set(self.runs.loc[self.runs["seed"].isin(self.accuracies.index), "run"])

    @property
    def new_alphas(self) -> "pd.Series[float]":
        """Alpha in percent at the best rate, by seed, for the seeds that did not choose it."""
        best = self.at(self.best).set_index("seed")["alpha"]
        return best.drop(index=best.index.intersection(self.accuracies.index))


@dataclasses.dataclass(frozen=True)
class Tuning:
    """The modes of one network on one data set, each trained with three or more rates.

    Attributes
    ----------
    where
        Data set, network, epochs and settings other than the rate.
    title
        Such as `n0 on mnist (30 epochs)`.
    modes
        In catalogue order.
    margin
        The smallest difference of accuracy that matters, in points.
    """

    where: dict[str, Any]
    title: str
    modes: list[Tuned]
    margin: float

    @property
    def reference(self) -> Tuned | None:
        """The mode that the others are compared with; None if it was not trained so."""
        return next((tuned for tuned in self.modes if tuned.mode == REFERENCE), None)

    def difference(self, tuned: Tuned) -> Paired | None:
        """Validation accuracy of a mode minus that of the reference, each at its own best rate.

        In points, paired by seed; None for the reference, without it, or without a common seed.
        """
        return self._difference(tuned, lambda each: each.accuracies[each.best])

    def new_difference(self, tuned: Tuned) -> Paired | None:
        """The same of alpha, over the seeds that chose neither of the two rates."""
        return self._difference(tuned, lambda each: each.new_alphas)

    def _difference(self, tuned: Tuned, values: Callable[[Tuned], "pd.Series[float]"]) -> Paired | None:
        reference = self.reference
        if reference is None or reference is tuned:
            return None
        differences = (values(tuned) - values(reference)).dropna().tolist()
        return paired(differences, self.margin) if differences else None

    def next_runs(self) -> pd.DataFrame:
        """The runs to measure next: each mode at its best rate, with as many new seeds as decide."""
        best = [tuned.at(tuned.best).head(1) for tuned in self.modes]
        first = 1 + max(int(tuned.accuracies.index.max()) for tuned in self.modes)
        seeds = pd.DataFrame({"seed": range(first, first + MIN_RUNS)})
        return pd.concat(best).drop(columns="seed").merge(seeds, how="cross")


def groups(collection: Collection) -> Iterator[Tuning]:
    """All networks and data sets with a mode that was trained with three or more rates."""
    if RATE not in collection.runs:
        return
    rates = collection.runs.groupby(["dataset", "net", "mode"])[RATE].transform("nunique")
    several = dataclasses.replace(collection, runs=collection.runs[rates >= MIN_RATES])
    by_rate = [each for each in grouping.groups(several, vary=RATE) if len(each.modes) >= MIN_RATES]
    for _, members in groupby(sorted(by_rate, key=_place), key=_place):
        same = list(members)
        tuned = [each for each in map(Tuned, same) if each.rates]
        if tuned:
            tuned.sort(key=lambda each: LOSSES.place(each.mode))
            yield Tuning(same[0].where, same[0].title, tuned, datasets.margin(same[0].dataset))


def _place(group: Trainings) -> tuple[bool, tuple[str, ...]]:
    return datasets.place((group.dataset, group.net, group.epochs, group.settings))
