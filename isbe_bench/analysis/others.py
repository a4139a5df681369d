"""Groups of runs of tasks that the suite does not ship: the mean of each quantity over runs."""

import functools
from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench import tasks
from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.collection import Collection
from isbe_bench.statistics.intervals import mean_interval

_SHIPPED = ("timing", "head", "theory", "oracle")
_PLACE = ("dataset", "net", "device", "settings")


class OtherRuns:
    """Runs of one such task with the same settings.

    Attributes
    ----------
    task
        Name of the task.
    where
        Data set, network, device and settings, as far as the task has them.
    headings
        Measured columns of the task's file, each with its heading: name and unit, if it has one.
    """

    def __init__(self, task: str, where: dict[str, Any], samples: pd.DataFrame) -> None:
        self.task = task
        self.where = where
        self.headings = {
            name: f"{name}, {unit}" if unit else name
            for name, unit in tasks.find(task).quantities.items()
        }
        self._samples = samples

    @functools.cached_property
    def cells(self) -> list[Cell]:
        """The mean over runs of each run's mean, for each subject and quantity."""
        return [
            Cell(self.where, quantity, subject, None, mean_interval(values))
            for (subject, quantity), values in self.values.items()
        ]

    @functools.cached_property
    def values(self) -> dict[tuple[str, str], list[float]]:
        """The mean of each run, by subject and quantity."""
        subject = tasks.find(self.task).subject
        by_run = self._samples.groupby([subject, "run"], sort=False)[list(self.headings)].mean()
        return {
            (str(name), quantity): runs[quantity].tolist()
            for name, runs in by_run.groupby(level=subject, sort=False)
            for quantity in self.headings
        }


def groups(collection: Collection) -> Iterator[OtherRuns]:
    """One group for each such task, place and settings."""
    for task, measured in collection.measurements.items():
        if task in _SHIPPED or measured.runs.empty:
            continue
        keys = [key for key in _PLACE if key in measured.runs]
        for values, runs in measured.runs.groupby(keys, sort=True):
            samples = measured.samples[measured.samples["run"].isin(runs["run"])]
            yield OtherRuns(task, dict(zip(keys, values, strict=True)), samples)
