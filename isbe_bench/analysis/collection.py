"""What runs left behind, as tidy frames: all that tables, figures and the report are made from.

A run is read from its folder below `runs/`, or, where that is no more or cannot be used, from the
records below `records/`. What cannot be read is named and left out; it never stops the rest.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from isbe_bench.analysis.reading import folders, readers, records, settings
from isbe_bench.analysis.reading.checks import Runs
from isbe_bench.analysis.reading.readers import Reader, TrainingReader


@dataclasses.dataclass(frozen=True)
class Measurements:
    """All runs of one task that is no training.

    Attributes
    ----------
    runs
        A row a run: `run` (its folder), `dataset` and `net` where the task has them, `device` (its
        name), `seed`, `settings` (as in `Collection.runs`), `started`, settings and environment
        as in `Collection.runs`. Of a timed task also `processes` (how many have finished),
        `disturbed` (how many of them are not to be trusted), `foreign_cpu_share` (the largest of
        them, in [0, 1]) and `clock_ms` (what the clock adds to a phase, median of them).
    samples
        A row a sample: `run` and the columns of the task's first CSV file.
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
        to be trusted, because other processes took the CPU), the flattened settings without
        paths, and its environment with the prefix `environment.`.
    epochs
        A row an epoch of a training, with the columns of `epochs.csv` and `run`.
    errors
        A row a test image that a training's final network classifies wrong: `run`, `image` (its
        number in the test set, from 0), `label`, `prediction`.
    measurements
        By task: what runs of all other tasks recorded; of an interrupted timed one, what its finished
        processes measured.
    samples
        A row a sample image of a data set: `dataset`, `image`, `label`, `name`, `png` (base64).
    problems
        A line for each thing that was left out, wholly or in part, or must not be averaged: which,
        and why.
    """

    runs: pd.DataFrame
    epochs: pd.DataFrame
    errors: pd.DataFrame
    measurements: Mapping[str, Measurements]
    samples: pd.DataFrame
    problems: list[str]

    @property
    def timing(self) -> Measurements:
        """Runs of `task=timing`."""
        return self.measurements["timing"]

    @property
    def head(self) -> Measurements:
        """Runs of `task=head`."""
        return self.measurements["head"]

    @property
    def theory(self) -> Measurements:
        """Runs of `task=theory`."""
        return self.measurements["theory"]

    @property
    def empty(self) -> bool:
        """Whether there is no run of any task."""
        return self.runs.empty and all(each.runs.empty for each in self.measurements.values())


def collect(results_dir: Path) -> Collection:
    """Read `results_dir/runs`, and `results_dir/records` for the runs that have no folder of use."""
    every = readers.all_readers()
    found, left_out, partial = folders.read(results_dir / "runs", every)
    names = {run for runs in found.values() for run in runs.rows["run"]}
    recorded, unreadable = records.read(results_dir / "records", every, without=names)
    kept = {run for runs in recorded.values() for run in runs.rows["run"]}
    problems = [f"{line}; its record is used" if run in kept else line for run, line in left_out.items()]
    samples, missing = records.read_samples(results_dir / "records")
    problems += [*partial, *unreadable, *missing]
    joined = {task: _joined(reader, found[task], recorded[task]) for task, reader in every.items()}
    for runs in joined.values():
        problems += settings.mixtures(runs.rows)
    trainings = joined.pop(_trainings(every))
    epochs, errors = trainings.details
    measurements = {task: Measurements(runs.rows, runs.details[0]) for task, runs in joined.items()}
    return Collection(trainings.rows, epochs, errors, measurements, samples, problems)


def write(collection: Collection, folder: Path) -> list[Path]:
    """Write what a results folder is worth keeping for, for `collect` to read back; see `records`."""
    every = readers.all_readers()
    runs = {task: Runs(each.runs, [each.samples]) for task, each in collection.measurements.items()}
    runs[_trainings(every)] = Runs(collection.runs, [collection.epochs, collection.errors])
    return records.write(runs, every, folder)


def _trainings(every: Mapping[str, Reader]) -> str:
    """The task whose runs are trainings."""
    return next(task for task, reader in every.items() if isinstance(reader, TrainingReader))


def _joined(reader: Reader, *parts: Runs) -> Runs:
    """All runs of one task, with the column `settings`.

    Runs are in the order of their names, so that it does not matter where each was read from.
    """
    filled = [part for part in parts if not part.rows.empty]
    if not filled:
        return Runs(pd.DataFrame(), Runs.none(reader).details)
    rows = pd.concat([part.rows for part in filled]).sort_values("run", ignore_index=True)
    numerics = rows.get(settings.NUMERICS, pd.Series(index=rows.index, dtype=object))
    rows[settings.NUMERICS] = numerics.where(numerics.notna(), 1)  # version 0.1 does not say so
    rows.insert(list(rows).index("seed") + 1, "settings", settings.labels(rows))
    details = [
        pd.concat([frame for frame in frames if not frame.empty] or frames[:1])
        for frames in zip(*(part.details for part in filled), strict=True)
    ]
    return Runs(rows, [each.sort_values("run", kind="stable", ignore_index=True) for each in details])
