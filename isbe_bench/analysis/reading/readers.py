"""What becomes of a task's files: a row for each of its runs, and frames of what they recorded.

Which reader a task has follows from the rows of its files, not from its name.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pandas as pd

from isbe_bench import tasks
from isbe_bench.runs.rows import (
    EPOCHS,
    ERRORS,
    MAX_FOREIGN_CPU_SHARE,
    PREDICTIONS,
    PROCESSES,
    Conditions,
    Count,
    Duration,
    Epoch,
    Misclassified,
    Percent,
    Prediction,
    Share,
)

Frames = dict[str, pd.DataFrame]
"""By the name of the file that they are from, each with the column `run` in front."""


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What the row of any run says that is no training, beside its settings and environment."""

    run: str
    device: str
    seed: Count
    started: str


@dataclasses.dataclass(frozen=True)
class TimedMeasurement(Measurement):
    """The same for a run in several processes."""

    processes: Count
    disturbed: Count
    foreign_cpu_share: Share
    clock_ms: Duration


@dataclasses.dataclass(frozen=True)
class Training:
    """The same for a training."""

    run: str
    seed: Count
    alpha: Percent
    tau: Percent
    test_images: Count
    disturbed: bool


class Reader:
    """Reads runs of a task of which nothing else is known: the rows of its first file.

    Parameters
    ----------
    task
        Its name.
    files
        The CSV files of its runs, each with the dataclass of its rows.
    """

    row: type = Measurement
    """What the row of a run says, beside its settings and environment."""

    def __init__(self, task: str, files: Mapping[str, type]) -> None:
        self.task = task
        self.files = dict(files)
        self.runs_file = f"{task}_runs.csv"
        self.main, row = next(iter(files.items()))
        samples = any(field.name == "process" for field in dataclasses.fields(row))
        self.details = {f"{self.main}.gz" if samples else self.main: row}

    def condense(self, files: Frames) -> tuple[dict[str, Any], Frames]:
        """Of the files of one run: facts on the whole, and the rows that `summarise` needs."""
        return {}, files

    def summarise(self, runs: pd.DataFrame, files: Frames) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
        """What the files come down to.

        Parameters
        ----------
        runs
            A row a run, by its name: environment, facts from `condense`, and `started`, when it began.
        files
            What `condense` leaves of all these runs, checked.

        Returns
        -------
        tuple
            The columns of `row` that follow from all this, by the run's name, and the frames of
            `details`.
        """
        columns = {"device": _column(runs, "environment.device"), "started": runs["started"]}
        return pd.DataFrame(columns), [files[self.main]]

    def incomplete(self, runs: pd.DataFrame, details: list[pd.DataFrame]) -> dict[str, str]:
        """By run: why its details are not those of a finished run, as far as that can be seen."""
        return dict.fromkeys(set(runs["run"]) - set(details[0]["run"]), f"{self.main} has no row of it")


class TimedReader(Reader):
    """Reads runs of a task that measures in several processes, one after another."""

    row = TimedMeasurement

    def summarise(self, runs: pd.DataFrame, files: Frames) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
        """Of an interrupted run: what its finished processes measured."""
        samples, processes = files[self.main], files[PROCESSES]
        keys = ["run", "process"]
        whole = pd.MultiIndex.from_frame(processes[keys])
        finished = pd.MultiIndex.from_frame(samples[keys]).isin(whole)
        by_run = processes.groupby("run")
        columns = {
            "device": _column(runs, "environment.device"),
            "processes": by_run.size(),
            "disturbed": by_run["disturbed"].count(),
            "foreign_cpu_share": by_run["foreign_cpu_share"].max(),
            "clock_ms": by_run["clock_ms"].median(),
            "started": by_run["started"].min(),
        }
        return pd.DataFrame(columns).reindex(runs.index), [samples[finished]]


class TrainingReader(Reader):
    """Reads trainings: their epochs, and the test images that their last network gets wrong."""

    row = Training

    def __init__(self, task: str, files: Mapping[str, type]) -> None:
        super().__init__(task, files)
        self.runs_file = "runs.csv"
        self.details = {EPOCHS: Epoch, ERRORS: Misclassified}

    def condense(self, files: Frames) -> tuple[dict[str, Any], Frames]:
        """Of the predictions: how many there are, and those that are wrong."""
        predictions = files[PREDICTIONS]
        images = predictions.rename_axis("image").reset_index()
        wrong = images[images["label"] != images["prediction"]]
        return {"test_images": len(predictions)}, files | {PREDICTIONS: wrong}

    def summarise(self, runs: pd.DataFrame, files: Frames) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
        """Alpha after the last epoch; tau over all epochs but the first, unless it is the only one."""
        epochs, errors = files[EPOCHS], files[PREDICTIONS]
        single = ~epochs["run"].duplicated(keep=False)
        warm = epochs[single | (epochs["epoch"] > 1)]
        times = warm.groupby("run")[["forward_ms", "backward_ms"]].sum()
        share = pd.to_numeric(_column(runs, "environment.foreign_cpu_share"), errors="coerce")
        columns = {
            "alpha": epochs.groupby("run")["test_accuracy"].last(),
            "tau": 100 * times["backward_ms"] / times.sum(axis=1),
            "test_images": runs["test_images"],
            "disturbed": ~(share <= MAX_FOREIGN_CPU_SHARE),  # an unknown share may be a large one
        }
        return pd.DataFrame(columns).reindex(runs.index), [epochs, errors]

    def incomplete(self, runs: pd.DataFrame, details: list[pd.DataFrame]) -> dict[str, str]:
        """Epochs other than 1 to `train.epochs`, or a last one that does not end at alpha."""
        known = runs.set_index("run")
        by_run = details[0].groupby("run")
        numbers = by_run["epoch"].agg(["size", "nunique", "min", "max"]).reindex(known.index)
        declared = pd.to_numeric(_column(known, "train.epochs"), errors="coerce")
        whole = (numbers["min"] == 1) & numbers.drop(columns="min").eq(declared, axis=0).all(axis=1)
        last = by_run["test_accuracy"].last().reindex(known.index)
        right = (last - known["alpha"]).abs() < 1e-9
        reasons = {
            str(run): f"{EPOCHS} does not end at alpha={alpha}"
            for run, alpha in known["alpha"][~right].items()
        }
        return reasons | {
            str(run): f"{EPOCHS} does not hold epochs 1 to {count:.0f}, once each"
            for run, count in declared[~whole].items()
        }


def _column(runs: pd.DataFrame, name: str) -> "pd.Series[Any]":
    """A column that may be missing, and is empty then."""
    return runs.reindex(columns=[name])[name]


def all_readers() -> dict[str, Reader]:
    """A reader for each task, by its name."""
    return {name: _reader(name, tasks.find(name).files) for name in tasks.names()}


def _reader(task: str, files: Mapping[str, type]) -> Reader:
    rows: set[Any] = set(files.values())
    if {Epoch, Prediction} <= rows:
        return TrainingReader(task, files)
    return (TimedReader if Conditions in rows else Reader)(task, files)
