"""Readers turn the files of a task into one row per run and frames of detail.

The reader of a task is chosen by the row types of its files, not by its name.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Annotated, Any

import pandas as pd
from annotated_types import Ge, Le

from isbe_bench import tasks
from isbe_bench.analysis.reading import class_images
from isbe_bench.runs import schema
from isbe_bench.runs.rows import (
    DIAGNOSTICS,
    EPOCHS,
    ERRORS,
    MAX_FOREIGN_CPU_SHARE,
    PACKED_DIAGNOSTICS,
    PACKED_SIGNALS,
    PREDICTIONS,
    PROCESSES,
    SIGNALS,
    STOP,
    Added,
    Conditions,
    Count,
    Diagnostic,
    Duration,
    Epoch,
    Misclassified,
    Percent,
    Prediction,
    Share,
    Signal,
    Stopped,
)

Frames = dict[str, pd.DataFrame]
"""Frames by the name of their file, each with `run` as the first column."""


@dataclasses.dataclass(frozen=True)
class Measurement:
    """Columns of a run other than a training, beside its settings and environment."""

    run: str
    device: str
    seed: Count
    started: str


@dataclasses.dataclass(frozen=True)
class TimedMeasurement(Measurement):
    """Columns of a run that measures in several processes."""

    processes: Count
    disturbed: Count
    foreign_cpu_share: Share
    clock_ms: Duration


@dataclasses.dataclass(frozen=True)
class Training:
    """Columns of a training."""

    run: str
    seed: Count
    alpha: Percent
    tau: Percent
    test_images: Count
    disturbed: bool
    top5: Annotated[float, Ge(0), Le(100), Added()]
    class_images: Annotated[dict[str, int], Added()]


class Reader:
    """Reads runs of any task: the rows of its first file.

    Parameters
    ----------
    task
        Name of the task.
    files
        The CSV files of its runs, each with the dataclass of its rows.
    """

    row: type = Measurement
    """Dataclass of the columns of a run, beside its settings and environment."""

    def __init__(self, task: str, files: Mapping[str, type]) -> None:
        self.task = task
        self.files = dict(files)
        self.runs_file = f"{task}_runs.csv"
        self.main, row = next(iter(files.items()))
        samples = any(field.name == "process" for field in dataclasses.fields(row))
        self.details = {f"{self.main}.gz" if samples else self.main: row}

    def condense(self, files: Frames) -> tuple[dict[str, Any], Frames]:
        """Reduce the files of one run to facts about the run and the rows that `summarise` needs."""
        return {}, files

    def summarise(self, runs: pd.DataFrame, files: Frames) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
        """Summarise the files of many runs.

        Parameters
        ----------
        runs
            One row per run, indexed by name: environment, facts of `condense`, `started`.
        files
            The files of all these runs as `condense` returned them, checked.

        Returns
        -------
        tuple
            The columns of `row`, indexed by the run's name, and the frames of `details`.
        """
        columns = {"device": _column(runs, "environment.device"), "started": runs["started"]}
        return pd.DataFrame(columns), [files[self.main]]

    def incomplete(self, runs: pd.DataFrame, details: list[pd.DataFrame]) -> dict[str, str]:
        """Reasons to reject runs whose details are recognisably incomplete, by run."""
        return dict.fromkeys(set(runs["run"]) - set(details[0]["run"]), f"{self.main} has no row for it")


class TimedReader(Reader):
    """Reads runs of a task that measures in several processes, one after another."""

    row = TimedMeasurement

    def summarise(self, runs: pd.DataFrame, files: Frames) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
        """Summarise the processes that finished, even if the run was interrupted."""
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
    """Reads trainings: their epochs, and the test images that the final network misclassifies."""

    row = Training

    def __init__(self, task: str, files: Mapping[str, type]) -> None:
        super().__init__(task, files)
        self.runs_file = "runs.csv"
        self.details = {
            EPOCHS: Epoch,
            ERRORS: Misclassified,
            PACKED_DIAGNOSTICS: Diagnostic,
            STOP: Stopped,
            PACKED_SIGNALS: Signal,
        }

    def condense(self, files: Frames) -> tuple[dict[str, Any], Frames]:
        """Keep the numbers of predictions, the top-5 accuracy, and the wrong predictions."""
        predictions = files[PREDICTIONS]
        images = predictions.rename_axis("image").reset_index()
        wrong = images[images["label"] != images["prediction"]]
        ranks = pd.to_numeric(predictions["rank"], errors="coerce")
        facts = {
            "test_images": len(predictions),
            "top5": 100 * (ranks <= 5).mean() if ranks.notna().all() else math.nan,
            "class_images": class_images.count(predictions["label"]),
        }
        return facts, files | {PREDICTIONS: wrong}

    def summarise(self, runs: pd.DataFrame, files: Frames) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
        """Alpha of the final weights; tau over all epochs except the first, if there are more."""
        epochs, errors = files[EPOCHS], files[PREDICTIONS]
        stops = files.get(STOP, schema.none(Stopped).assign(run=""))
        single = ~epochs["run"].duplicated(keep=False)
        warm = epochs[single | (epochs["epoch"] > 1)]
        times = warm.groupby("run")[["forward_ms", "backward_ms"]].sum()
        share = pd.to_numeric(_column(runs, "environment.foreign_cpu_share"), errors="coerce")
        columns = {
            "alpha": _final_accuracies(epochs, stops),
            "tau": 100 * times["backward_ms"] / times.sum(axis=1),
            "test_images": runs["test_images"],
            "disturbed": ~(share <= MAX_FOREIGN_CPU_SHARE),  # an unknown share may be large
            "top5": runs["top5"],
            "class_images": runs["class_images"],
        }
        diagnostics = files.get(DIAGNOSTICS, schema.none(Diagnostic).assign(run=""))
        signals = files.get(SIGNALS, schema.none(Signal).assign(run=""))
        details = [epochs, errors.drop(columns="rank"), diagnostics, stops, signals]
        return pd.DataFrame(columns).reindex(runs.index), details

    def incomplete(self, runs: pd.DataFrame, details: list[pd.DataFrame]) -> dict[str, str]:
        """Runs whose epochs are not 1 to their last, or whose numbers contradict each other."""
        known, (epochs, errors, _, stops, _) = runs.set_index("run"), details
        by_run = epochs.groupby("run")
        numbers = by_run["epoch"].agg(["size", "nunique", "min", "max"]).reindex(known.index)
        declared = pd.to_numeric(_column(known, "train.epochs"), errors="coerce")
        ended = stops[stops["ended"] == 1].set_index("run")
        declared = ended["epoch"].reindex(known.index).fillna(declared)
        whole = (numbers["min"] == 1) & numbers.drop(columns="min").eq(declared, axis=0).all(axis=1)
        last = _final_accuracies(epochs, stops).reindex(known.index)
        right = (last - known["alpha"]).abs() < 1e-9
        reasons = {
            str(run): f"{EPOCHS} does not end at alpha={alpha}"
            for run, alpha in known["alpha"][~right].items()
        }
        reasons |= class_images.incomplete(runs, errors)
        return reasons | {
            str(run): f"{EPOCHS} does not hold epochs 1 to {count:.0f}, once each"
            for run, count in declared[~whole].items()
        }


def _final_accuracies(epochs: pd.DataFrame, stops: pd.DataFrame) -> "pd.Series[Any]":
    """Of each run, the test accuracy in the last epoch, or in that whose weights a stop kept."""
    last = epochs.groupby("run")["test_accuracy"].last()
    kept = stops.loc[stops["ended"] == 1, ["run", "kept"]].rename(columns={"kept": "epoch"})
    at_stop = epochs.merge(kept, on=["run", "epoch"]).set_index("run")["test_accuracy"]
    return at_stop.reindex(last.index).fillna(last)


def _column(runs: pd.DataFrame, name: str) -> "pd.Series[Any]":
    """A column, empty if it is missing."""
    return runs.reindex(columns=[name])[name]


def all_readers() -> dict[str, Reader]:
    """The reader of each task, by the task's name."""
    return {name: _reader(name, tasks.find(name).files) for name in tasks.names()}


def _reader(task: str, files: Mapping[str, type]) -> Reader:
    rows: set[Any] = set(files.values())
    if {Epoch, Prediction} <= rows:
        return TrainingReader(task, files)
    return (TimedReader if Conditions in rows else Reader)(task, files)
