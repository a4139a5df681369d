"""Trainings as figures show them: those that differ in loss mode and seed alone, together."""

import dataclasses
from collections.abc import Collection as Members
from collections.abc import Iterator

import numpy as np
import pandas as pd

from isbe_bench.analysis.accuracy import KEYS
from isbe_bench.analysis.collection import Collection
from isbe_bench.catalogue.losses import MODES
from isbe_bench.papers import skarbek

NETS = {"n0": "N0", "n1": "N1", "n1r": "N1r", "vgg16": "VGG-16"}
"""The networks as the paper writes them."""


@dataclasses.dataclass(frozen=True)
class Group:
    """Trainings of one net on one data set under the same settings, in the paper's loss modes.

    Attributes
    ----------
    dataset, net, settings
        As in `Collection.runs`.
    epochs
        Rows of `Collection.epochs`, with `mode` and `seed`.
    """

    dataset: str
    net: str
    settings: str
    epochs: pd.DataFrame

    @property
    def modes(self) -> list[str]:
        """The loss modes that there are trainings of, in the order of the paper's tables."""
        return [mode for mode in MODES if mode in set(self.epochs["mode"])]

    @property
    def length(self) -> int:
        """How many epochs a training has; it is a setting, and so the same for all."""
        return int(self.epochs["epoch"].max())

    @property
    def seeds(self) -> tuple[int, int]:
        """How many seeds the loss modes have: the fewest and the most."""
        counts = self.epochs.groupby("mode")["seed"].nunique()
        return int(counts.min()), int(counts.max())

    def curve(self, mode: str, column: str) -> pd.DataFrame:
        """`mean`, `low` and `high` over seeds of a column of `Collection.epochs`, by epoch."""
        by_epoch = self.epochs[self.epochs["mode"] == mode].groupby("epoch")[column]
        return pd.DataFrame({"mean": by_epoch.mean(), "low": by_epoch.min(), "high": by_epoch.max()})

    def coincide(self, one: str, other: str, column: str) -> bool:
        """Whether the curves of two modes cannot be told apart by eye, where there are both."""
        if one == other or not {one, other} <= set(self.modes):
            return one == other
        return np.allclose(self.curve(one, column), self.curve(other, column), rtol=1e-6)


def beside_length(settings: str) -> str:
    """Settings without the number of epochs, which a title gives in words."""
    return " ".join(word for word in settings.split() if not word.startswith("train.epochs="))


def of(collection: Collection, nets: Members[str]) -> Iterator[Group]:
    """The groups of these nets that hold at least one training, in the order of the tables."""
    if collection.runs.empty:
        return
    runs = collection.runs[collection.runs["net"].isin(nets) & collection.runs["mode"].isin(MODES)]
    by_group = sorted(runs.groupby(list(KEYS)), key=lambda each: skarbek.place(each[0]))
    for (dataset, net, settings), members in by_group:
        epochs = collection.epochs.merge(members[["run", "mode", "seed"]], on="run")
        yield Group(str(dataset), str(net), str(settings), epochs)
