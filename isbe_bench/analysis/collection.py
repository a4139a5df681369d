"""The finished runs of a results folder as tidy frames, from which everything is published.

A run is read from its folder in `runs/`. If that folder is missing or unusable, the run is read from
`records/`. Whatever cannot be read is reported and left out; the other runs are still read.
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from isbe_bench.analysis.reading import folders, readers, records, settings
from isbe_bench.analysis.reading.checks import Runs
from isbe_bench.analysis.reading.readers import Reader, TrainingReader
from isbe_bench.errors import InputError
from isbe_bench.literal import plain


@dataclasses.dataclass(frozen=True)
class Measurements:
    """All runs of one task other than a training.

    Attributes
    ----------
    runs
        One row per run: `run` (its folder), `dataset` and `net` where the task has them, `device`
        (its name), `seed`, `started`, and `settings`, flattened settings and environment as in
        `Collection.runs`. A timed task adds `processes` (number finished), `disturbed` (number not to
        be trusted), `foreign_cpu_share` (maximum over processes, in [0, 1]) and `clock_ms` (time that
        reading the clock adds to a phase, median over processes).
    samples
        One row per sample: `run` and the columns of the task's first CSV file.
    """

    runs: pd.DataFrame
    samples: pd.DataFrame


@dataclasses.dataclass(frozen=True)
class Collection:
    """The finished runs of a results folder.

    Attributes
    ----------
    runs
        One row per training: `run` (its folder), `dataset`, `net`, `mode`, `seed`, `settings` (the
        settings that distinguish it from other runs of the same net and data set, often empty),
        `alpha` and `tau` in percent, `test_images` (number), `disturbed` (whether other processes
        used so much of the CPU that its times are not to be trusted), `top5` (percent; NaN unless the
        data set has more than 10 classes), `class_images` (numbers of test images, `{label: number}`
        with labels as texts; NaN in records of version 0.1), the flattened settings without paths, and
        its environment with the prefix `environment.`.
    epochs
        One row per epoch of a training: `run` and the columns of `epochs.csv`.
    errors
        One row per test image that the final network of a training misclassifies: `run`, `image`
        (its index in the test set, from 0), `label`, `prediction`.
    diagnostics
        What trainings sent back, and what became of scores and weights: `run` and the columns of
        `diagnostics.csv`. Older trainings have none.
    stops
        Where trainings were stopped early, or would have been: `run` and the columns of `stop.csv`.
    signals
        What `train.signals` recorded of every epoch: `run` and the columns of `signals.csv`.
    measurements
        The runs of all other tasks, by task. An interrupted timed run counts with the processes that
        finished.
    samples
        One row per sample image of a data set: `dataset`, `image`, `label`, `name`, `png` (base64).
    problems
        One line for each run or file that was left out, in whole or in part, or that must not be
        averaged with others, with the reason.
    """

    runs: pd.DataFrame
    epochs: pd.DataFrame
    errors: pd.DataFrame
    diagnostics: pd.DataFrame
    stops: pd.DataFrame
    signals: pd.DataFrame
    measurements: Mapping[str, Measurements]
    samples: pd.DataFrame
    problems: list[str]

    @functools.cached_property
    def curves(self) -> pd.DataFrame:
        """`epochs`; a training that ended at its stop stays to the last one what its kept epoch is."""
        ended = self.stops[self.stops["ended"] == 1]
        if ended.empty:
            return self.epochs
        kept = ended.rename(columns={"epoch": "last", "kept": "epoch"})[["run", "last", "epoch"]]
        rows = kept.merge(self.runs[["run", "train.epochs"]], on="run").merge(self.epochs)
        later = rows.loc[rows.index.repeat((rows["train.epochs"] - rows["last"]).astype(int))]
        later = later.assign(epoch=later["last"] + 1 + later.groupby("run").cumcount())
        return pd.concat([self.epochs, later[list(self.epochs)]], ignore_index=True)

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
        """Whether there are no runs of any task."""
        return self.runs.empty and all(each.runs.empty for each in self.measurements.values())


def require(results_dir: Path, name: str = "RESULTS_DIR") -> Collection:
    """`collect`, from a folder that has to hold something; `name` stands for it in messages.

    Raises
    ------
    InputError
        The folder does not exist, or holds neither a finished run nor sample images.
    """
    if not results_dir.is_dir():
        raise InputError(f"{name}={results_dir}: allowed is a folder with runs/ or records/")
    collection = collect(results_dir)
    if collection.empty and collection.samples.empty:
        advice, *others = collection.problems or ["make some with isbe-bench (as `make run` does)"]
        more = f" (and {len(others)} more)" if others else ""
        raise InputError(
            f"{name}={results_dir}: has no finished run in runs/ and none in records/; {advice}{more}"
        )
    return collection


def collect(results_dir: Path) -> Collection:
    """Read `results_dir/runs`, and from `results_dir/records` the runs without a usable folder."""
    every = readers.all_readers()
    paths = sorted(path for path in (results_dir / "runs").glob("*") if path.is_dir())
    usable, left_out, partial = folders.read(paths, every)
    names = {run for runs in usable.values() for run in runs.rows["run"]}
    recorded, unreadable = records.read(results_dir / "records", every, without=names)
    kept = {run for runs in recorded.values() for run in runs.rows["run"]}
    problems = [f"{line}; its record is used" if run in kept else line for run, line in left_out.items()]
    samples, missing = records.read_samples(results_dir / "records")
    problems += [*partial, *unreadable, *missing]
    return _collection({task: [usable[task], recorded[task]] for task in every}, samples, problems)


def collect_run(folder: Path) -> Collection:
    """Read the folder of one run alone."""
    usable, left_out, partial = folders.read([folder], readers.all_readers())
    samples = records.no_samples()
    return _collection(
        {task: [runs] for task, runs in usable.items()}, samples, [*left_out.values(), *partial]
    )


def _collection(
    parts: Mapping[str, Sequence[Runs]], samples: pd.DataFrame, problems: Sequence[str]
) -> Collection:
    """The runs of each task, which may come from several places."""
    every = readers.all_readers()
    joined = {task: _joined(reader, *parts[task]) for task, reader in every.items()}
    problems = [*problems]
    for runs in joined.values():
        problems += settings.mixtures(runs.rows)
    problems = [plain(each) for each in problems]  # names of folders, and what files hold
    trainings = joined.pop(_trainings(every))
    epochs, errors, diagnostics, stops, signals = trainings.details
    measurements = {task: Measurements(runs.rows, runs.details[0]) for task, runs in joined.items()}
    details = epochs, errors, diagnostics, stops, signals
    return Collection(trainings.rows, *details, measurements, samples, problems)


def write(collection: Collection, folder: Path) -> list[Path]:
    """Write the runs as records, which `collect` can read back; returns the files written."""
    every = readers.all_readers()
    runs = {task: Runs(each.runs, [each.samples]) for task, each in collection.measurements.items()}
    runs[_trainings(every)] = Runs(
        collection.runs,
        [
            collection.epochs,
            collection.errors,
            collection.diagnostics,
            collection.stops,
            collection.signals,
        ],
    )
    return records.write(runs, every, folder)


def _trainings(every: Mapping[str, Reader]) -> str:
    """The task whose runs are trainings."""
    return next(task for task, reader in every.items() if isinstance(reader, TrainingReader))


def _joined(reader: Reader, *parts: Runs) -> Runs:
    """All runs of one task, with the column `settings`.

    Runs are sorted by name, so the result does not depend on where each was read from.
    """
    filled = [part for part in parts if not part.rows.empty]
    if not filled:
        return Runs(pd.DataFrame(), Runs.none(reader).details)
    rows = pd.concat([part.rows for part in filled]).sort_values("run", ignore_index=True)
    numerics = rows.get(settings.NUMERICS, pd.Series(index=rows.index, dtype=object))
    rows[settings.NUMERICS] = numerics.where(numerics.notna(), 1)  # version 0.1 did not record it
    rows.insert(list(rows).index("seed") + 1, "settings", settings.labels(rows))
    details = [
        pd.concat([frame for frame in frames if not frame.empty] or frames[:1])
        for frames in zip(*(part.details for part in filled), strict=True)
    ]
    return Runs(rows, [each.sort_values("run", kind="stable", ignore_index=True) for each in details])
