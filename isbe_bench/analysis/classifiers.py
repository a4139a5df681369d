"""Trainings compared by loss and classifier: accuracies, errors sent back, scores and weights."""

import functools
from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis import grouping, variants
from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.losses import REFERENCE
from isbe_bench.runs.rows import Quantity
from isbe_bench.statistics.intervals import MeanInterval, mean_interval
from isbe_bench.statistics.verdicts import Paired


class Classifiers:
    """Trainings that differ only in their seed, their loss and their classifier.

    Attributes
    ----------
    group
        The trainings; its modes are variants, as `variants.name` gives them.
    diagnostics
        `Collection.diagnostics` of these trainings, with `mode` and `seed`.
    """

    def __init__(self, group: Trainings, diagnostics: pd.DataFrame) -> None:
        self.group = group
        self.diagnostics = diagnostics.merge(group.runs[["run", "mode", "seed"]], on="run")

    @functools.cached_property
    def modes(self) -> list[str]:
        """The variants, by loss, classifier and their numbers."""
        return sorted(self.group.modes, key=variants.place)

    @property
    def where(self) -> dict[str, Any]:
        """The group's columns in a table row."""
        return self.group.where

    def reference(self, mode: str) -> str | None:
        """The same loss under a linear classifier; None for itself, or if it was not trained."""
        loss = mode.partition("/")[0]  # with its numbers
        return loss if loss != mode and loss in self.group.modes else None

    def against_reference(self, mode: str) -> Paired | None:
        """Alpha of a variant minus that of mean cross-entropy under a linear classifier, paired."""
        return None if mode == REFERENCE else self.group.difference(mode, REFERENCE)

    def against_linear(self, mode: str) -> Paired | None:
        """Alpha of a variant minus that of the same loss under a linear classifier, paired."""
        reference = self.reference(mode)
        return self.group.difference(mode, reference) if reference else None

    def at_the_end(self, mode: str, column: str) -> MeanInterval:
        """A column of `epochs.csv` after the last epoch, mean over seeds."""
        curves = self.group.curves
        last = curves[(curves["mode"] == mode) & (curves["epoch"] == self.group.epochs)]
        return mean_interval(last[column].tolist())

    @functools.cached_property
    def errors(self) -> pd.DataFrame:
        """The mean norm of the error at the scores: a row an epoch, a column a variant and seed."""
        rows = self.diagnostics
        at_scores = rows[(rows["quantity"] == "error") & (rows["place"] == "scores")]
        table = at_scores.pivot_table(index="epoch", columns=["mode", "seed"], values="value")
        return table.ffill()  # of trainings that ended at their stop

    @functools.cached_property
    def gradients(self) -> pd.DataFrame:
        """The norm of the gradient of all weights but the classifier's, in the form of `errors`."""
        rows = self.diagnostics
        body = rows[(rows["quantity"] == "gradient") & ~rows["place"].str.startswith("classifier")]
        squares = body.assign(square=body["value"] ** 2)
        keys = ["mode", "seed"]
        total = squares.pivot_table(index="epoch", columns=keys, values="square", aggfunc="sum")
        norms: pd.DataFrame = total**0.5
        return norms.ffill()

    def score_quantiles(self, mode: str) -> "pd.Series[float]":
        """The quantiles of the test scores by share, mean over seeds; empty if none were recorded."""
        return self._final("score", mode).rename(index=float).sort_index()

    def weight_norms(self, mode: str) -> "pd.Series[float]":
        """The norm of the last layer's weights of each class, mean over seeds; empty if not recorded."""
        return self._final("weight", mode).rename(index=int).sort_index()

    def weight_norms_by_seed(self, mode: str) -> "pd.Series[float]":
        """The mean over classes of the norms of the last layer's weights, by seed."""
        rows = self._rows("weight", mode)
        return rows.groupby("seed")["value"].mean()

    @functools.cached_property
    def cells(self) -> list[Cell]:
        """Alpha of each variant that is not plain, and its differences from its references."""
        cells = []
        for mode in self.modes:
            if mode == variants.loss_of(mode):
                continue  # among the trainings of loss modes
            mean = self.group.mean(mode)
            assert mean is not None, "a variant without a run"
            cells.append(Cell(self.where, "alpha", mode, None, mean))
            references = dict.fromkeys(filter(None, (REFERENCE, self.reference(mode))))
            differences = (self.group.difference_cell(mode, reference) for reference in references)
            cells += filter(None, differences)
        return cells

    def _rows(self, quantity: Quantity, mode: str) -> pd.DataFrame:
        rows = self.diagnostics
        return rows[(rows["quantity"] == quantity) & (rows["mode"] == mode)]

    def _final(self, quantity: Quantity, mode: str) -> "pd.Series[float]":
        return self._rows(quantity, mode).groupby("place")["value"].mean()


def groups(collection: Collection) -> Iterator[Classifiers]:
    """All groups in which some training is not plain, as `variants.is_plain` has it."""
    runs = collection.runs
    if runs.empty or variants.is_plain(runs).all():
        return
    for group in grouping.groups(collection, vary=grouping.VARIANT):
        if not variants.is_plain(group.runs.assign(mode=group.runs["loss.name"])).all():
            yield Classifiers(group, collection.diagnostics)
