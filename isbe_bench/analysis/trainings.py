"""Trainings that may be compared: accuracies paired by seed, learning curves, and images that are wrong.

Runs of one seed share first weights, batches and augmentation, so they are compared in pairs.
"""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.wrong_images import WrongImages
from isbe_bench.catalogue import datasets
from isbe_bench.catalogue.losses import APART, CROSS_ENTROPY, LOSSES, is_compared
from isbe_bench.papers import skarbek
from isbe_bench.statistics.intervals import MeanInterval, mean_interval
from isbe_bench.statistics.verdicts import Paired, paired

KEYS = ("dataset", "net", "mode", "settings")
"""What tells trainings from one another; those of a group differ in one of these, or in a setting."""


class Trainings:
    """Trainings that differ in one key, by default the loss mode, and in their seed, and in no other.

    Parameters
    ----------
    runs, epochs, errors
        As in `Collection`, of this group alone.
    vary
        The column of `runs` in which the members of a pair differ; its values are called modes here.

    Attributes
    ----------
    dataset, net, settings
        Of all its runs.
    epochs
        How many a training has.
    margin
        The smallest difference of alpha that matters, in points.
    by_seed
        Alpha in percent, a row a seed, a column a mode.
    images
        Which test images the runs classify wrong.
    """

    def __init__(
        self, runs: pd.DataFrame, curves: pd.DataFrame, errors: pd.DataFrame, vary: str = "mode"
    ) -> None:
        self.runs = runs.assign(mode=runs[vary].map(str))
        self.dataset, self.net, self.settings = (
            str(runs[key].iloc[0]) for key in ("dataset", "net", "settings")
        )
        self.epochs = int(runs["train.epochs"].iloc[0])  # a setting, and so the same for all
        self.margin = datasets.margin(self.dataset)
        self.by_seed = self.runs.pivot_table(index="seed", columns="mode", values="alpha")
        self._curves = curves
        self.images = WrongImages(self, errors)
        self._pairs: dict[tuple[str, str], Paired | None] = {}

    @property
    def where(self) -> dict[str, Any]:
        """What a row of a table says of the group."""
        return {
            "dataset": self.dataset,
            "net": self.net,
            "epochs": self.epochs,
            "settings": self.settings,
        }

    @property
    def title(self) -> str:
        """As in `n0 on mnist (30 epochs)`."""
        return f"{self.net} on {self.dataset} ({self.length})"

    @property
    def length(self) -> str:
        """How long the trainings are, in words."""
        return "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"

    @property
    def other_settings(self) -> str:
        """Settings without the number of epochs, which titles give in words."""
        words = self.settings.split()
        return " ".join(word for word in words if not word.startswith("train.epochs="))

    @functools.cached_property
    def modes(self) -> list[str]:
        """Those with a run, in the order of the catalogue."""
        return sorted(map(str, self.by_seed), key=LOSSES.place)

    @property
    def apart(self) -> bool:
        """Whether it holds only modes that are listed apart from the paper's."""
        return set(self.modes) <= set(APART)

    # --- accuracies -------------------------------------------------------------------------------

    def common_seeds(self, *modes: str) -> list[int]:
        """Those for which each of the modes has a run."""
        if not set(modes) <= set(self.by_seed):
            return []
        return [int(seed) for seed in self.by_seed[list(modes)].dropna().index]

    def paired_runs(self, *modes: str) -> pd.DataFrame:
        """The runs of these modes, as far as there are any, for the seeds that all of them share."""
        present = [mode for mode in modes if mode in self.by_seed]
        seeds = self.common_seeds(*present) if present else []
        return self.runs[self.runs["mode"].isin(present) & self.runs["seed"].isin(seeds)]

    def compared_runs(self, reference: str, *modes: str) -> pd.DataFrame:
        """The runs behind `fullest` differences of the modes from a reference."""
        present = [mode for mode in modes if mode in self.by_seed]
        table = fullest(self.by_seed[present].sub(self.by_seed[reference], axis=0))
        used = self.runs["mode"].isin([reference, *table])
        return self.runs[used & self.runs["seed"].isin(table.index)]

    def alphas(self, mode: str) -> list[float]:
        """Alpha of each run of a mode, in percent, by seed."""
        values: list[float] = self.by_seed[mode].dropna().tolist()
        return values

    def mean(self, mode: str) -> MeanInterval | None:
        """Alpha of a mode over seeds; None without a run."""
        return mean_interval(self.alphas(mode)) if mode in self.by_seed else None

    def difference(self, mode: str, reference: str) -> Paired | None:
        """Alpha of a mode minus that of another, in points, over common seeds; None without any."""
        if (mode, reference) not in self._pairs:
            seeds = self.common_seeds(mode, reference)
            table = self.by_seed.loc[seeds]
            differences = (table[mode] - table[reference]).tolist() if seeds else []
            pair = paired(differences, self.margin) if differences else None
            self._pairs[mode, reference] = pair
        return self._pairs[mode, reference]

    def floor(self, pairs: int) -> float:
        """The noise floor of a mean difference over so many pairs, in points.

        The half-width of its 95% interval if modes did not matter at all and every run were a draw of
        its own: from the spread over seeds within modes. NaN where no mode has two runs.
        """
        spreads = self.by_seed.var(ddof=1).dropna()
        degrees = (self.by_seed.count() - 1)[spreads.index]
        if degrees.sum() == 0 or pairs < 1:
            return float("nan")
        variance = float((spreads * degrees).sum() / degrees.sum())
        return float(stats.t.ppf(0.975, degrees.sum()) * np.sqrt(2 * variance / pairs))

    @functools.cached_property
    def cells(self) -> list[Cell]:
        """Alpha of each mode; alpha of each compared mode minus that of each cross-entropy."""
        printed = skarbek.printed("alpha", self.dataset, self.net)
        cells = [
            Cell(self.where, "alpha", mode, None, mean, paper=printed.get(mode))
            for mode in self.modes
            if (mean := self.mean(mode))
        ]
        for reference in CROSS_ENTROPY:
            printed = skarbek.printed("alpha", self.dataset, self.net, reference)
            for mode in filter(is_compared, self.modes):
                if pair := self.difference(mode, reference):
                    cells.append(
                        Cell(
                            self.where,
                            "alpha",
                            mode,
                            reference,
                            pair.difference,
                            pair.verdict,
                            pair.words,
                            pair.margin,
                            printed.get(mode),
                        )
                    )
        return cells

    # --- learning curves --------------------------------------------------------------------------

    @functools.cached_property
    def curves(self) -> pd.DataFrame:
        """The epochs of all runs, as in `Collection.epochs`, with their mode and seed."""
        return self._curves.merge(self.runs[["run", "mode", "seed"]], on="run")

    @functools.cached_property
    def seed_counts(self) -> tuple[int, int]:
        """How many seeds the modes have: the fewest and the most."""
        counts = self.by_seed.count()
        return int(counts.min()), int(counts.max())

    def curve(self, mode: str, column: str) -> pd.DataFrame:
        """`mean`, `low` and `high` over seeds of a column of `Collection.epochs`, by epoch."""
        return self._ranges[column][mode]

    def coincide(self, one: str, other: str, column: str) -> bool:
        """Whether the curves of two modes cannot be told apart by eye; false where one is missing."""
        if one == other or not {one, other} <= set(self.modes):
            return one == other
        return np.allclose(self.curve(one, column), self.curve(other, column), rtol=1e-6)

    @functools.cached_property
    def _ranges(self) -> dict[str, dict[str, pd.DataFrame]]:
        names = map(str, self.curves)
        columns = [name for name in names if name.endswith(("_loss", "_accuracy"))]
        grouped = self.curves.groupby(["mode", "epoch"])[columns]
        mean, low, high = grouped.mean(), grouped.min(), grouped.max()
        ranges: dict[str, dict[str, pd.DataFrame]] = {}
        for column in columns:
            parts = {"mean": mean[column], "low": low[column], "high": high[column]}
            by_mode = pd.DataFrame(parts).groupby(level="mode")
            ranges[column] = {str(mode): curve.droplevel("mode") for mode, curve in by_mode}
        return ranges


def fullest(by_seed: pd.DataFrame) -> pd.DataFrame:
    """The columns with the most values, and the rows that have all of these.

    So that a mode with fewer seeds than the others does not cost them theirs.
    """
    counts = by_seed.count()
    return by_seed[counts.index[counts == counts.max()]].dropna()


def groups(collection: Collection, vary: str = "mode") -> Iterator[Trainings]:
    """All groups of trainings whose members differ in `vary`, the paper's data set first.

    Parameters
    ----------
    collection
        All runs of a results folder.
    vary
        `mode`, `net`, `dataset`, or a setting such as `optimizer.lr`. Modes that are listed apart from
        the paper's are groups of their own.
    """
    runs = collection.runs
    if runs.empty:
        return
    keys = {key: runs[key] for key in KEYS if key != vary}
    keys["settings"] = runs["settings"].map(lambda text: _without(vary, text))
    if vary == "mode":
        keys["mode"] = runs["mode"].where(runs["mode"].isin(APART), "")
        keys = {key: keys[key] for key in ("dataset", "net", "settings", "mode")}
    by_group = runs.assign(settings=keys["settings"]).groupby(
        [key.rename(name) for name, key in keys.items()]
    )
    epochs, errors = (
        dict(iter(frame.groupby("run"))) for frame in (collection.epochs, collection.errors)
    )
    for _, members in sorted(by_group, key=lambda each: datasets.place(each[0])):
        yield Trainings(
            members,
            _details(epochs, members, collection.epochs),
            _details(errors, members, collection.errors),
            vary,
        )


def _without(key: str, settings: str) -> str:
    return " ".join(word for word in settings.split() if not word.startswith(f"{key}="))


def _details(
    by_run: dict[Any, pd.DataFrame], members: pd.DataFrame, every: pd.DataFrame
) -> pd.DataFrame:
    """The rows of the members, in the order of `every`."""
    frames = [by_run[run] for run in members["run"] if run in by_run]
    return pd.concat(frames).sort_index() if frames else every.head(0)
