"""From trainings to statements on accuracy: loss modes paired by seed, on which images are wrong.

Runs of one seed share first weights, batches and augmentation, so modes are compared in pairs of runs.
"""

import functools
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from isbe_bench.analysis.collection import Collection
from isbe_bench.catalogue.losses import APART, MODES
from isbe_bench.papers import skarbek
from isbe_bench.statistics.intervals import (
    MeanInterval,
    Paired,
    mcnemar,
    mean_interval,
    paired,
    smallest_corrected,
)

KEYS = ("dataset", "net", "settings")
"""What tells one group's runs from another's."""

_MARGINS = {"mnist": 0.1}
_MARGIN = 0.5


def margin(dataset: str) -> float:
    """The smallest difference of alpha that matters, in points.

    On MNIST 0.1, which is 10 of 10,000 images: the paper calls "less than a few or a dozen errors"
    slight (Section 4.1). Elsewhere 0.5, about what another seed changes.
    """
    return _MARGINS.get(dataset, _MARGIN)


class Accuracies:
    """The trainings of one net on one data set under the same settings.

    Parameters
    ----------
    runs, errors
        As in `Collection`, of this group alone.
    """

    def __init__(self, runs: pd.DataFrame, errors: pd.DataFrame) -> None:
        self.runs = runs
        self.dataset, self.net, self.settings = (str(runs[key].iloc[0]) for key in KEYS)
        self.epochs = int(runs["train.epochs"].iloc[0])  # a setting, and so the same for all
        self.margin = margin(self.dataset)
        self.by_seed = runs.pivot_table(index="seed", columns="mode", values="alpha")
        self._errors = errors

    @property
    def place(self) -> dict[str, Any]:
        """What a row of a table says of the group."""
        return {
            "dataset": self.dataset,
            "net": self.net,
            "epochs": self.epochs,
            "settings": self.settings,
        }

    @property
    def length(self) -> str:
        """How long the trainings are, in words."""
        return "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"

    @property
    def modes(self) -> list[str]:
        """Those with a run, in the order of the paper's tables, others behind them."""
        return [mode for mode in (*MODES, *APART) if mode in self.by_seed]

    def seeds_of(self, *modes: str) -> list[int]:
        """Those of which each of the modes has a run."""
        if not set(modes) <= set(self.by_seed):
            return []
        return [int(seed) for seed in self.by_seed[list(modes)].dropna().index]

    def paired_runs(self, *modes: str) -> pd.DataFrame:
        """The runs of those of the modes that there are, of the seeds that have a run of each."""
        present = [mode for mode in modes if mode in self.by_seed]
        seeds = self.seeds_of(*present) if present else []
        return self.runs[self.runs["mode"].isin(present) & self.runs["seed"].isin(seeds)]

    def compared_runs(self, reference: str, *modes: str) -> pd.DataFrame:
        """The runs that `fullest` leaves of what the modes differ in from a reference."""
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
        """Alpha of a mode minus that of another, in points, over seeds of both; None without any."""
        if mode not in self.by_seed or reference not in self.by_seed:
            return None
        differences = (self.by_seed[mode] - self.by_seed[reference]).dropna()
        return paired(differences.tolist(), self.margin) if len(differences) else None

    def floor(self, pairs: int) -> float:
        """What the mean difference of so many pairs of runs reaches between equals, in points.

        The half-width of its 95% interval if modes did not matter at all and every run were a draw of
        its own: from the spread over seeds within modes. NaN where no mode has two runs.
        """
        spreads = self.by_seed.var(ddof=1).dropna()
        degrees = (self.by_seed.count() - 1)[spreads.index]
        if degrees.sum() == 0 or pairs < 1:
            return float("nan")
        variance = float((spreads * degrees).sum() / degrees.sum())
        return float(stats.t.ppf(0.975, degrees.sum()) * np.sqrt(2 * variance / pairs))

    def discordant(self, mode: str, reference: str) -> pd.DataFrame:
        """A row a seed: images that only the mode, only the reference, and both classify wrong.

        Columns `seed, only_mode, only_reference, both, p` (McNemar's exact test).
        """
        rows = []
        for seed in self.seeds_of(mode, reference):
            one, other = self._wrong[mode, seed], self._wrong[reference, seed]
            both = len(np.intersect1d(one, other, assume_unique=True))
            only = len(one) - both, len(other) - both
            rows.append((seed, *only, both, mcnemar(*only)))
        return pd.DataFrame(rows, columns=["seed", "only_mode", "only_reference", "both", "p"])

    def agreement(self, mode: str, reference: str) -> float:
        """Of the images that one of two runs classifies wrong, the share that both do, in [0, 1].

        Mean over pairs of runs: of the same seed for two modes, of neighbouring seeds for one mode
        and itself, which is what runs agree in that share nothing but the data. NaN without a pair.
        """
        if mode == reference:
            pairs = [((mode, a), (mode, b)) for a, b in pairwise(self.seeds_of(mode))]
        else:
            pairs = [((mode, seed), (reference, seed)) for seed in self.seeds_of(mode, reference)]
        shares = [self._share(*pair) for pair in pairs]
        return float(np.mean(shares)) if shares else float("nan")

    def smallest_p(self, mode: str, reference: str) -> float:
        """Of McNemar's tests over seeds, corrected for their number; NaN without a pair."""
        p_values = self.discordant(mode, reference)["p"].tolist()
        return smallest_corrected(p_values) if p_values else float("nan")

    def _share(self, one: tuple[str, int], other: tuple[str, int]) -> float:
        both = len(np.intersect1d(self._wrong[one], self._wrong[other], assume_unique=True))
        either = len(self._wrong[one]) + len(self._wrong[other]) - both
        return both / either if either else 1.0

    @functools.cached_property
    def _wrong(self) -> dict[tuple[str, int], NDArray[np.int64]]:
        """The images that each run classifies wrong."""
        by_run = self._errors.groupby("run")["image"].unique().to_dict()
        none = np.empty(0, dtype=np.int64)
        keys = zip(self.runs["mode"], self.runs["seed"], self.runs["run"], strict=True)
        return {(mode, seed): by_run.get(run, none) for mode, seed, run in keys}


def fullest(by_seed: pd.DataFrame) -> pd.DataFrame:
    """The columns with the most values, and the rows that have all of these.

    So that a mode with fewer seeds than the others does not cost them theirs.
    """
    counts = by_seed.count()
    return by_seed[counts.index[counts == counts.max()]].dropna()


def groups(collection: Collection) -> Iterator[Accuracies]:
    """All groups of trainings; each mode apart from the paper's by itself."""
    runs = collection.runs
    if runs.empty:
        return
    apart = runs["mode"].where(runs["mode"].isin(APART), "").rename("apart")
    for _, of_group in sorted(runs.groupby([*KEYS, apart]), key=lambda each: skarbek.place(each[0])):
        errors = collection.errors
        yield Accuracies(of_group, errors[errors["run"].isin(of_group["run"])])
