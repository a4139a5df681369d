"""How long it takes to turn the records of many runs into tables, verdicts and a report.

Generates the run folders of finished trainings and times reading them. Then copies them into tidy
records with the requested number of runs, and times all steps from there. The records are invented;
only the times mean anything.
"""

import dataclasses
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import torch

from benchmarks.sampling import markdown
from isbe_bench.analysis import Analysis, collection
from isbe_bench.analysis.collection import Collection, collect
from isbe_bench.catalogue.losses import MODES
from isbe_bench.measuring import environment
from isbe_bench.publication import claims, tables
from isbe_bench.publication.publishing import Publication
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import Epoch
from isbe_bench.settings import composition
from isbe_bench.tasks import train
from isbe_bench.tasks.train.settings import ReadyTraining

T = TypeVar("T")

NETS = ("n0", "n1", "n1r")
SEEDS = 10  # of each net and mode, as folders
EPOCHS = 30
IMAGES = 10_000


def measure(numbers: Sequence[int]) -> str:
    """A table of the seconds of each step, for each number of runs, as Markdown."""
    columns: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folders = Path(scratch, "folders")
        trainings = list(configurations(folders))
        for number, ready in enumerate(trainings):
            record(ready, np.random.default_rng(number))
        few, reading = timed(lambda: collect(folders))
        for runs in numbers:
            results = Path(scratch, str(runs))
            collection.write(multiplied(few, trainings, runs), results / "records")
            columns[f"{runs:,} runs"] = [f"{seconds:.1f}" for seconds in steps(results, runs)]
    rows = list(zip(_STEPS, *columns.values(), strict=True))
    note = f"Seconds. Run folders are read in {1000 * reading / len(few.runs):.1f} ms each."
    return markdown("Publishing", ("step", *columns), rows, note)


_STEPS = (
    "read tidy files",
    "make all tables",
    "judge all claims",
    "together",
    "tables, figures, report",
)


def steps(results: Path, runs: int) -> list[float]:
    """The seconds of each of `_STEPS`."""
    many, reading = timed(lambda: collect(results))
    if len(many.runs) != runs:
        sys.exit(f"of {runs} runs {len(many.runs)} came back: {many.problems[0]}")
    analysis = Analysis(many)
    _, tabling = timed(lambda: tables.make(analysis))
    _, judging = timed(lambda: claims.make(analysis))
    _, publishing = timed(lambda: Publication(results).write_all())
    return [reading, tabling, judging, reading + tabling + judging, publishing]


def timed(step: Callable[[], T]) -> tuple[T, float]:
    """The result of a step, and its duration in seconds."""
    started = time.perf_counter()
    result = step()
    return result, time.perf_counter() - started


def configurations(results: Path) -> Iterator[ReadyTraining]:
    """Trainings of N0, N1 and N1r on MNIST under all loss modes and seeds."""
    for net in NETS:
        for mode in MODES:
            overrides = (f"arch={net}", "dataset=mnist", f"loss={mode}", f"train.epochs={EPOCHS}")
            composed = composition.defaults((*overrides, f"results_dir={results}"))
            ready = train.TASK.check(train.TASK.parse(composed))
            for seed in range(SEEDS):
                yield _with_seed(ready, seed)


def _with_seed(ready: ReadyTraining, seed: int) -> ReadyTraining:
    return ready.model_copy(update={"seed": seed})


def record(ready: ReadyTraining, rng: np.random.Generator) -> None:
    """A folder as a finished training leaves it, with about 60 of the images classified wrong."""
    folder = RunFolder(ready)
    folder.begin({**environment.describe(torch.device("cpu")), "foreign_cpu_share": 0.0})
    labels = rng.integers(0, 10, IMAGES)
    wrong = rng.random(IMAGES) < 0.006
    alpha = 100 * float(1 - wrong.mean())
    curve = [alpha - 3 / epoch for epoch in range(1, EPOCHS)] + [alpha]
    rows = [
        Epoch(number, 0.01, *(alpha,) * 7, 40.0, 60.0, 5.0, 5.0, 1.0)
        for number, alpha in enumerate(curve, 1)
    ]
    folder.write_rows("epochs.csv", rows)
    folder.write_predictions(labels.tolist(), np.where(wrong, (labels + 1) % 10, labels).tolist())
    folder.end("done")


def multiplied(few: Collection, trainings: Sequence[ReadyTraining], runs: int) -> Collection:
    """Copies of the runs with other seeds, `runs` in total."""
    copies = math.ceil(runs / len(trainings))
    names = [
        {ready.slug: _with_seed(ready, ready.seed + SEEDS * copy).slug for ready in trainings}
        for copy in range(copies)
    ]

    def repeated(frame: pd.DataFrame) -> pd.DataFrame:
        parts = [frame.assign(run=frame["run"].map(copied)) for copied in names]
        return pd.concat(parts, ignore_index=True)

    rows = repeated(few.runs)
    rows["seed"] += SEEDS * (rows.index // len(trainings))
    rows = rows.head(runs)
    epochs, errors = (repeated(frame) for frame in (few.epochs, few.errors))
    return dataclasses.replace(
        few,
        runs=rows,
        epochs=epochs[epochs["run"].isin(rows["run"])],
        errors=errors[errors["run"].isin(rows["run"])],
    )
