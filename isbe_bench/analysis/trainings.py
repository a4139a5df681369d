"""A group of comparable trainings: accuracies paired by seed, learning curves, misclassified images.

Runs with the same seed share initial weights, batches and augmentation, so they are compared in pairs.
"""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.reading.settings import without
from isbe_bench.analysis.wrong_images import WrongImages
from isbe_bench.catalogue import datasets
from isbe_bench.catalogue.losses import APART, CROSS_ENTROPY, LOSSES, is_compared, is_own
from isbe_bench.papers import skarbek
from isbe_bench.statistics.intervals import MeanInterval, mean_interval
from isbe_bench.statistics.verdicts import Paired, paired


class Trainings:
    """Trainings that differ only in their seed and in one key, by default the loss mode.

    Parameters
    ----------
    runs, curves, errors
        `runs`, `epochs` and `errors` of `Collection`, restricted to this group.
    vary
        The column of `runs` in which the two runs of a pair differ; its values are called modes here.

    Attributes
    ----------
    dataset, net, settings
        The same for all runs of the group.
    epochs
        Number of epochs of each training.
    margin
        The smallest difference of alpha that matters, in points.
    by_seed
        Alpha in percent, one row per seed and one column per mode.
    images
        The test images that the runs misclassify.
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
        """The group's columns in a table row: data set, net, epochs and settings."""
        return {
            "dataset": self.dataset,
            "net": self.net,
            "epochs": self.epochs,
            "settings": self.settings,
        }

    @property
    def title(self) -> str:
        """Such as `n0 on mnist (30 epochs)`."""
        return f"{self.net} on {self.dataset} ({self.length})"

    @property
    def length(self) -> str:
        """The number of epochs in words, such as `30 epochs`."""
        return "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"

    @property
    def other_settings(self) -> str:
        """The settings without `train.epochs`, which titles state as `length`."""
        return without("train.epochs", self.settings)

    @functools.cached_property
    def modes(self) -> list[str]:
        """Modes with at least one run, in catalogue order."""
        return sorted(map(str, self.by_seed), key=LOSSES.place)

    @property
    def apart(self) -> bool:
        """Whether all its modes are listed apart from the paper's eight."""
        return set(self.modes) <= set(APART)

    @property
    def is_own(self) -> bool:
        """Whether the paper has nothing like it: another network, data set or loss than its own."""
        return (self.dataset, self.net) not in skarbek.TRAINED or any(map(is_own, self.modes))

    @property
    def has_curves(self) -> bool:
        """Whether every run was evaluated on training and test images after every epoch."""
        return not self._curves.filter(regex="^(train|test)_").isna().any(axis=None)

    # --- accuracies -------------------------------------------------------------------------------

    def common_seeds(self, *modes: str) -> list[int]:
        """Seeds for which each of the modes has a run."""
        if not set(modes) <= set(self.by_seed):
            return []
        return [int(seed) for seed in self.by_seed[list(modes)].dropna().index]

    def paired_runs(self, *modes: str) -> pd.DataFrame:
        """The runs of these modes for the seeds that they share; modes without runs are ignored."""
        present = [mode for mode in modes if mode in self.by_seed]
        seeds = self.common_seeds(*present) if present else []
        return self.runs[self.runs["mode"].isin(present) & self.runs["seed"].isin(seeds)]

    def compared_runs(self, reference: str, *modes: str) -> pd.DataFrame:
        """The runs that the `fullest` table of differences from a reference is based on."""
        present = [mode for mode in modes if mode in self.by_seed]
        table = fullest(self.by_seed[present].sub(self.by_seed[reference], axis=0))
        used = self.runs["mode"].isin([reference, *table])
        return self.runs[used & self.runs["seed"].isin(table.index)]

    def alphas(self, mode: str) -> list[float]:
        """Alpha of each run of a mode in percent, ordered by seed."""
        values: list[float] = self.by_seed[mode].dropna().tolist()
        return values

    def mean(self, mode: str) -> MeanInterval | None:
        """Mean alpha of a mode over seeds, in percent; None if it has no run."""
        return mean_interval(self.alphas(mode)) if mode in self.by_seed else None

    def top5(self, mode: str) -> MeanInterval | None:
        """Mean top-5 accuracy of a mode over seeds, in percent; None if no run of it has any."""
        values = self.runs.loc[self.runs["mode"] == mode, "top5"].dropna().tolist()
        return mean_interval(values) if values else None

    def difference(self, mode: str, reference: str) -> Paired | None:
        """Alpha of `mode` minus that of `reference`, paired, in points; None without a common seed."""
        if (mode, reference) not in self._pairs:
            seeds = self.common_seeds(mode, reference)
            table = self.by_seed.loc[seeds]
            differences = (table[mode] - table[reference]).tolist() if seeds else []
            pair = paired(differences, self.margin) if differences else None
            self._pairs[mode, reference] = pair
        return self._pairs[mode, reference]

    def floor(self, pairs: int) -> float:
        """The noise floor of a mean difference over `pairs` pairs of runs, in points.

        The half-width of its 95% interval if the mode had no effect and all runs were independent,
        estimated from the variance over seeds within modes. NaN if no mode has two runs.
        """
        variance, degrees = self._pooled
        if degrees == 0 or pairs < 1:
            return float("nan")
        return float(stats.t.ppf(0.975, degrees) * np.sqrt(2 * variance / pairs))

    @property
    def pair_deviation(self) -> float:
        """The standard deviation of a difference between two modes under one seed, in points.

        Estimated like the noise floor; NaN if no mode has two runs.
        """
        variance, degrees = self._pooled
        return float(np.sqrt(2 * variance)) if degrees else float("nan")

    @functools.cached_property
    def _pooled(self) -> tuple[float, int]:
        """The variance of alpha over seeds within modes, and its degrees of freedom."""
        spreads = self.by_seed.var(ddof=1).dropna()
        degrees = (self.by_seed.count() - 1)[spreads.index]
        total = int(degrees.sum())
        return (float((spreads * degrees).sum() / total), total) if total else (float("nan"), 0)

    @functools.cached_property
    def cells(self) -> list[Cell]:
        """Alpha of each mode, and the difference of each compared mode from each cross-entropy."""
        printed = self.printed()
        cells = [
            Cell(self.where, "alpha", mode, None, mean, paper=printed.get(mode))
            for mode in self.modes
            if (mean := self.mean(mode))
        ]
        for reference in CROSS_ENTROPY:
            printed = self.printed(reference)
            for mode in filter(is_compared, self.modes):
                if cell := self.difference_cell(mode, reference, printed.get(mode)):
                    cells.append(cell)
        return cells

    def printed(self, reference: str | None = None) -> Mapping[str, float]:
        """What the paper prints for each loss mode; nothing for unbalanced classes.

        With a reference, the differences from that cross-entropy.
        """
        if any(word.startswith("dataset.imbalance=") for word in self.settings.split()):
            return {}
        return skarbek.printed("alpha", self.dataset, self.net, reference)

    def difference_cell(self, mode: str, reference: str, paper: float | None = None) -> Cell | None:
        """The cell of `difference`; `paper` is what the paper prints for it."""
        pair = self.difference(mode, reference)
        if not pair:
            return None
        judged = pair.verdict, pair.words, pair.margin, paper
        return Cell(self.where, "alpha", mode, reference, pair.difference, *judged)

    # --- learning curves --------------------------------------------------------------------------

    @functools.cached_property
    def curves(self) -> pd.DataFrame:
        """The epochs of all runs, as in `Collection.epochs`, with `mode` and `seed`.

        A training that ended at its stop has the values of the epoch that it kept from there on.
        """
        return self._curves.merge(self.runs[["run", "mode", "seed"]], on="run")

    @functools.cached_property
    def seed_counts(self) -> tuple[int, int]:
        """The smallest and the largest number of seeds of a mode."""
        counts = self.by_seed.count()
        return int(counts.min()), int(counts.max())

    def curve(self, mode: str, column: str) -> pd.DataFrame:
        """Mean, minimum and maximum over seeds of a column of `Collection.epochs`.

        One row per epoch; columns `mean`, `low` and `high`.
        """
        return self._ranges[column][mode]

    def coincide(self, one: str, other: str, column: str) -> bool:
        """Whether the curves of two modes look identical; false if one of them is missing."""
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
    """The columns with the most values, without rows that have gaps in them.

    A mode with fewer seeds is dropped, so that the other modes keep all of their seeds.
    """
    counts = by_seed.count()
    return by_seed[counts.index[counts == counts.max()]].dropna()


def over_seeds(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Mean, lowest and highest value of a column by epoch, in the form of `Trainings.curve`."""
    curve: pd.DataFrame = rows.groupby("epoch")[column].agg(["mean", "min", "max"])
    return curve.rename(columns={"min": "low", "max": "high"})
