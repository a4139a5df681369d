"""What runs left behind, as tidy frames: all that tables, figures and the report are made from.

A run is read from its folder below `runs/`, or, where that is no more or cannot be used, from the tidy
files below `records/`. What cannot be read is named and left out; it never stops the rest.
"""

import dataclasses
from pathlib import Path

import pandas as pd

from isbe_bench.analysis.collection import folders, settings, tidy
from isbe_bench.analysis.collection.tasks import NUMBERS, TASKS, Found


@dataclasses.dataclass(frozen=True)
class Measurements:
    """All runs of one task that is no training.

    Attributes
    ----------
    runs
        A row a run: `run` (its folder), `dataset` and `net` where the task has them, `device` (its
        name), `seed`, `settings` (as in `Collection.runs`), `started`, configuration and environment
        as in `Collection.runs`. Of a timed task also `processes` (how many have finished),
        `disturbed` (how many of them are not to be trusted) and `foreign_cpu_share` (the largest of
        them, in [0, 1]).
    samples
        A row a sample: `run` and the columns of the task's CSV file.
    """

    runs: pd.DataFrame
    samples: pd.DataFrame


@dataclasses.dataclass(frozen=True)
class Collection:
    """The finished runs of a results folder.

    Attributes
    ----------
    runs
        A row a training: `run` (its folder), `dataset`, `net`, `mode`, `seed`, `settings` (what sets
        its table row apart from others of the same net and data set, empty where nothing does),
        `alpha` and `tau` in percent, `test_images` (how many), `disturbed` (whether its times are not
        to be trusted, because other processes took the CPU), the flattened configuration without
        paths, and its environment with the prefix `environment.`.
    epochs
        A row an epoch of a training, with the columns of `epochs.csv` and `run`.
    errors
        A row a test image that a training's final network classifies wrong: `run`, `image` (its
        number in the test set, from 0), `label`, `prediction`.
    timing, head, theory
        What runs of these tasks found; of an interrupted timed one, what its finished processes
        measured.
    samples
        A row a sample image of a data set: `dataset`, `image`, `label`, `name`, `png` (base64).
    problems
        A line for each thing that was left out, wholly or in part, or must not be averaged: which,
        and why.
    """

    runs: pd.DataFrame
    epochs: pd.DataFrame
    errors: pd.DataFrame
    timing: Measurements
    head: Measurements
    theory: Measurements
    samples: pd.DataFrame
    problems: list[str]

    @property
    def empty(self) -> bool:
        """Whether there is no run of any task."""
        return all(
            frame.empty for frame in (self.runs, self.timing.runs, self.head.runs, self.theory.runs)
        )


def collect(results_dir: Path) -> Collection:
    """Read `results_dir/runs`, and `results_dir/records` for the runs that have no folder of use."""
    found, left_out, problems = folders.read(results_dir / "runs")
    names = {row["run"] for each in found.values() for row in each.rows}
    recorded, more = tidy.read(results_dir / "records", without=names)
    kept = {row["run"] for each in recorded.values() for row in each.rows}
    problems += [
        f"{line}; its record is used" if run in kept else line for run, line in left_out.items()
    ]
    samples, missing = tidy.read_samples(results_dir / "records")
    problems += [*more, *missing]
    frames = {}
    for task in TASKS:
        rows, *details = _frames(task, found[task], recorded[task])
        frames[task] = rows, details
        problems += settings.mixtures(rows)
    runs, (epochs, errors) = frames.pop("train")
    others = {task: Measurements(rows, *details) for task, (rows, details) in frames.items()}
    return Collection(runs, epochs, errors, **others, samples=samples, problems=problems)


def write(collection: Collection, folder: Path) -> list[Path]:
    """Write what a results folder is worth keeping for, for `collect` to read back; see `tidy`."""
    return tidy.write(
        {
            "train": [collection.runs, collection.epochs, collection.errors],
            "timing": [collection.timing.runs, collection.timing.samples],
            "head": [collection.head.runs, collection.head.samples],
            "theory": [collection.theory.runs, collection.theory.samples],
        },
        folder,
    )


def _frames(task: str, *parts: Found) -> list[pd.DataFrame]:
    """All rows of runs in one frame, with their settings, and each kind of their details in another.

    Runs are in the order of their names, so that it does not matter where each was read from.
    """
    rows = sorted((row for part in parts for row in part.rows), key=lambda row: str(row["run"]))
    if not rows:
        return [pd.DataFrame(), *TASKS[task].nothing().details]
    # Objects: pandas would turn the integers of a column in which some run has no value into floats.
    runs = pd.DataFrame(rows, dtype=object)
    runs = runs.astype({name: type(rows[0][name]) for name in NUMBERS if name in rows[0]})
    runs.insert(list(runs).index("seed") + 1, "settings", settings.of(rows))
    kinds = zip(*(part.details for part in parts), strict=True)
    details = [_joined(kind) for kind in kinds]
    return [runs, *(each.sort_values("run", kind="stable", ignore_index=True) for each in details)]


def _joined(frames: tuple[pd.DataFrame, ...]) -> pd.DataFrame:
    """One frame; empty ones would lend it their lack of types."""
    return pd.concat([frame for frame in frames if not frame.empty] or frames[:1])
