"""Test images that trainings misclassify, and how far modes agree on them."""

import functools
from itertools import pairwise
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from isbe_bench.analysis.reading import class_images
from isbe_bench.statistics.verdicts import mcnemar, smallest_corrected


class Group(Protocol):
    """Trainings of several modes and seeds."""

    @property
    def runs(self) -> pd.DataFrame:
        """One row per training, with `run`, `mode` and `seed`."""

    def common_seeds(self, *modes: str) -> list[int]:
        """The seeds for which each of the modes has a run."""


class WrongImages:
    """The test images that the runs of a group misclassify.

    Parameters
    ----------
    group
        The trainings.
    errors
        As in `Collection`, restricted to these trainings.
    """

    def __init__(self, group: Group, errors: pd.DataFrame) -> None:
        self._group = group
        self._errors = errors

    def discordant(self, mode: str, reference: str) -> pd.DataFrame:
        """Numbers of images that only the mode, only the reference, or both misclassify.

        One row per seed; columns `seed, only_mode, only_reference, both, p`, where `p` is the p-value
        of McNemar's exact test.
        """
        rows = []
        for seed in self._group.common_seeds(mode, reference):
            one, other = self._by_run[mode, seed], self._by_run[reference, seed]
            both = len(np.intersect1d(one, other, assume_unique=True))
            only = len(one) - both, len(other) - both
            rows.append((seed, *only, both, mcnemar(*only)))
        return pd.DataFrame(rows, columns=["seed", "only_mode", "only_reference", "both", "p"])

    def agreement(self, mode: str, reference: str) -> float:
        """Share of the images misclassified by either of two runs that both misclassify, in [0, 1].

        Mean over pairs of runs: of the same seed for two modes; of neighbouring seeds, which share
        nothing but the data, for one mode and itself. NaN without a pair.
        """
        seeds = self._group.common_seeds(mode, reference)
        if mode == reference:
            pairs = [((mode, a), (mode, b)) for a, b in pairwise(seeds)]
        else:
            pairs = [((mode, seed), (reference, seed)) for seed in seeds]
        shares = [self._share(*pair) for pair in pairs]
        return float(np.mean(shares)) if shares else float("nan")

    def smallest_p(self, mode: str, reference: str) -> float:
        """Smallest p-value of McNemar's tests over seeds, corrected; NaN without a pair."""
        p_values = self.discordant(mode, reference)["p"].tolist()
        return smallest_corrected(p_values) if p_values else float("nan")

    def predictions(self, mode: str, seed: int) -> set[tuple[int, int]]:
        """The misclassified images of a run, each with the predicted class; the others are right."""
        runs = self._group.runs
        names = runs.loc[(runs["mode"] == mode) & (runs["seed"] == seed), "run"]
        wrong = self._errors[self._errors["run"].isin(names)]
        return set(zip(wrong["image"], wrong["prediction"], strict=True))

    def recall(self) -> pd.DataFrame:
        """The percentage of each class's test images that each run classifies right.

        One row per run, indexed by `mode` and `seed`, and one column per class. Runs of which the
        numbers of images by class were not recorded are left out.
        """
        images = class_images.table(self._group.runs)
        wrong = class_images.by_class(self._errors).reindex_like(images).fillna(0)
        recall = 100 * (1 - wrong / images.where(images > 0))
        runs = self._group.runs.set_index("run")
        return recall.join(runs[["mode", "seed"]]).set_index(["mode", "seed"])

    def _share(self, one: tuple[str, int], other: tuple[str, int]) -> float:
        both = len(np.intersect1d(self._by_run[one], self._by_run[other], assume_unique=True))
        either = len(self._by_run[one]) + len(self._by_run[other]) - both
        return both / either if either else 1.0

    @functools.cached_property
    def _by_run(self) -> dict[tuple[str, int], NDArray[np.int64]]:
        """Indices of the misclassified images, by mode and seed."""
        images = self._errors.groupby("run")["image"].unique().to_dict()
        none = np.empty(0, dtype=np.int64)
        runs = self._group.runs
        keys = zip(runs["mode"], runs["seed"], runs["run"], strict=True)
        return {(mode, seed): images.get(run, none) for mode, seed, run in keys}
