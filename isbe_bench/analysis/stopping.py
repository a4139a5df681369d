"""Early stopping: the accuracy at the stop beside that after the last epoch, of the same training."""

from collections.abc import Iterator

import pandas as pd

from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.statistics.verdicts import Paired, paired


class Stops:
    """The trainings of a group of which `train.stop` says where they end.

    Attributes
    ----------
    group
        The trainings.
    rows
        One row per run: `mode`, `seed`, `criterion` (empty if none was met), `epoch` (the last before
        the stop), `kept` (the epoch whose weights are kept), `at_stop` (test accuracy of these weights,
        in percent) and `at_end` (after the last epoch; NaN if the run ended at the stop).
    """

    def __init__(self, group: Trainings, stops: pd.DataFrame) -> None:
        self.group = group
        rows = stops.merge(group.runs[["run", "mode", "seed", "alpha"]], on="run")
        curves = group.curves[["run", "epoch", "test_accuracy"]]
        at_stop = curves.rename(columns={"epoch": "kept", "test_accuracy": "at_stop"})
        rows = rows.merge(at_stop, on=["run", "kept"])
        rows["criterion"] = rows["criterion"].fillna("")
        self.rows = rows.assign(at_end=rows["alpha"].where(rows["ended"] == 0))

    @property
    def modes(self) -> list[str]:
        """The modes with such a run, in catalogue order."""
        present = set(self.rows["mode"])
        return [mode for mode in self.group.modes if mode in present]

    def of(self, mode: str) -> pd.DataFrame:
        """The rows of a mode, by seed."""
        return self.rows[self.rows["mode"] == mode].sort_values("seed")

    def has_patience(self, mode: str) -> bool:
        """Whether it is the validation error alone that can stop the trainings of a mode."""
        runs = self.group.runs[self.group.runs["mode"] == mode]
        others = runs.reindex(columns=["train.stop.loss_change", "train.stop.weight_change"])
        return bool(runs["train.stop.patience"].notna().all() and others.isna().all(axis=None))

    def difference(self, mode: str) -> Paired | None:
        """Accuracy at the stop minus that after the last epoch, in points; None if no run went on."""
        rows = self.of(mode)
        differences = (rows["at_stop"] - rows["at_end"]).dropna().tolist()
        return paired(differences, self.group.margin) if differences else None


def groups(trainings: list[Trainings], collection: Collection) -> Iterator[Stops]:
    """All groups with a run that something can stop."""
    runs = set(collection.stops["run"])
    for group in trainings:
        if runs & set(group.runs["run"]):
            yield Stops(group, collection.stops)
