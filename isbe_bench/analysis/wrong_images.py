"""Which test images trainings classify wrong, and whether modes are wrong on the same ones."""

import functools
from itertools import pairwise
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from isbe_bench.statistics.verdicts import mcnemar, smallest_corrected


class Group(Protocol):
    """Trainings of several modes and seeds."""

    @property
    def runs(self) -> pd.DataFrame:
        """A row a training, with `run`, `mode` and `seed`."""

    def common_seeds(self, *modes: str) -> list[int]:
        """The seeds for which each of the modes has a run."""


class WrongImages:
    """The images that the runs of a group classify wrong.

    Parameters
    ----------
    group
        The trainings.
    errors
        As in `Collection`, of these trainings alone.
    """

    def __init__(self, group: Group, errors: pd.DataFrame) -> None:
        self._group = group
        self._errors = errors

    def discordant(self, mode: str, reference: str) -> pd.DataFrame:
        """A row a seed: images that only the mode, only the reference, and both classify wrong.

        Columns `seed, only_mode, only_reference, both, p` (McNemar's exact test).
        """
        rows = []
        for seed in self._group.common_seeds(mode, reference):
            one, other = self._by_run[mode, seed], self._by_run[reference, seed]
            both = len(np.intersect1d(one, other, assume_unique=True))
            only = len(one) - both, len(other) - both
            rows.append((seed, *only, both, mcnemar(*only)))
        return pd.DataFrame(rows, columns=["seed", "only_mode", "only_reference", "both", "p"])

    def agreement(self, mode: str, reference: str) -> float:
        """Of the images that one of two runs classifies wrong, the share that both do, in [0, 1].

        Mean over pairs of runs: of the same seed for two modes, of neighbouring seeds for one mode
        and itself, which share nothing but the data. NaN without a pair.
        """
        seeds = self._group.common_seeds(mode, reference)
        if mode == reference:
            pairs = [((mode, a), (mode, b)) for a, b in pairwise(seeds)]
        else:
            pairs = [((mode, seed), (reference, seed)) for seed in seeds]
        shares = [self._share(*pair) for pair in pairs]
        return float(np.mean(shares)) if shares else float("nan")

    def smallest_p(self, mode: str, reference: str) -> float:
        """The smallest p-value of McNemar's tests, corrected for their number; NaN without a pair."""
        p_values = self.discordant(mode, reference)["p"].tolist()
        return smallest_corrected(p_values) if p_values else float("nan")

    def _share(self, one: tuple[str, int], other: tuple[str, int]) -> float:
        both = len(np.intersect1d(self._by_run[one], self._by_run[other], assume_unique=True))
        either = len(self._by_run[one]) + len(self._by_run[other]) - both
        return both / either if either else 1.0

    @functools.cached_property
    def _by_run(self) -> dict[tuple[str, int], NDArray[np.int64]]:
        """By mode and seed, the numbers of the images."""
        images = self._errors.groupby("run")["image"].unique().to_dict()
        none = np.empty(0, dtype=np.int64)
        runs = self._group.runs
        keys = zip(runs["mode"], runs["seed"], runs["run"], strict=True)
        return {(mode, seed): images.get(run, none) for mode, seed, run in keys}
