"""A results folder as pandas frames, for a notebook or a script of one's own."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.collection import Measurements, require

_IDENTIFIERS = (
    "dataset", "net", "device", "settings", "epochs", "classes", "batch_size",
    "quantity", "mode", "reference",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class Results:
    """What a results folder holds; see `load`.

    Attributes
    ----------
    cells
        One row per published number. What it is about: `dataset`, `net`, `device`, `settings` (those
        that distinguish it from other runs of the same net and data set), `epochs`, `classes`,
        `batch_size`, as far as they apply; `quantity` (`alpha`, `tau`, `total_ms` and so on), `mode` (a
        loss mode, or a way of `task=head`) and `reference` (the mode that it is a difference from or a
        ratio to; missing for the quantity itself). Its value: `mean`, the bounds `low` and `high` of its
        95% interval, and `count`, the number of seeds, pairs of runs or processes. Of a difference, else
        empty or NaN: `verdict` (`same`, `less`, `more` and so on), `words` (the verdict as tables print
        it) and `within` (the size that the difference cannot exceed). `paper` is the value that the
        paper prints, `disturbed` the number of processes whose times are not to be trusted. Units:
        percent for `alpha`, `tau` (their differences in points) and `..._percent`, milliseconds for
        `..._ms`.
    runs
        One row per training: `run` (its folder), `dataset`, `net`, `mode`, `seed`, `settings`, `alpha`
        and `tau` in percent, `test_images` (number), `disturbed`, all settings (`train.epochs`), and
        where it ran (`environment.device`).
    epochs
        One row per epoch of a training: `run`, and the columns of `epochs.csv`.
    errors
        One row per test image that a training misclassifies: `run`, `image` (its index in the test set),
        `label`, `prediction`.
    diagnostics
        What trainings sent back, and what became of scores and weights: `run`, and the columns of
        `diagnostics.csv`. Older trainings have none.
    measurements
        The runs of every other task, such as `measurements["timing"]`: `runs`, one row per run, and
        `samples`, the raw measurements. Rows of `samples` with `warmup` 1 enter no statistic.
    problems
        A line for each run or file that was left out, or that must not be averaged with others.
    """

    cells: pd.DataFrame
    runs: pd.DataFrame
    epochs: pd.DataFrame
    errors: pd.DataFrame
    diagnostics: pd.DataFrame
    measurements: Mapping[str, Measurements]
    problems: tuple[str, ...]


def load(results_dir: str | Path = "results") -> Results:
    """Read the finished runs of a results folder, from `runs/` or from the tidy copies in `records/`.

    >>> results = load("results/cpu")
    >>> cells = results.cells.query("quantity == 'alpha' and net == 'n0' and reference.isna()")
    >>> cells[["dataset", "mode", "mean", "low", "high", "count", "paper"]]  # doctest: +SKIP

    Raises
    ------
    InputError
        The folder does not exist, or holds no finished run.
    """
    collection = require(Path(results_dir))
    return Results(
        cells=_frame(Analysis(collection).cells),
        runs=collection.runs,
        epochs=collection.epochs,
        errors=collection.errors,
        diagnostics=collection.diagnostics,
        measurements=collection.measurements,
        problems=tuple(collection.problems),
    )


def _frame(cells: Sequence[Cell]) -> pd.DataFrame:
    where = [key for cell in cells for key in cell.where]
    identifiers = pd.DataFrame(
        [
            {**cell.where, "quantity": cell.quantity, "mode": cell.mode, "reference": cell.reference}
            for cell in cells
        ],
        columns=list(dict.fromkeys([*_IDENTIFIERS, *where])),
    )
    values = pd.DataFrame(
        {
            "mean": [cell.value.mean for cell in cells],
            "low": [cell.value.low for cell in cells],
            "high": [cell.value.high for cell in cells],
            "count": [cell.value.count for cell in cells],
            "verdict": [cell.verdict for cell in cells],
            "words": [cell.words for cell in cells],
            "within": [cell.within for cell in cells],
            "paper": pd.Series([cell.paper for cell in cells], dtype=float),
            "disturbed": pd.array([cell.disturbed for cell in cells], dtype="Int64"),
        }
    )
    # Missing identifiers would otherwise make floats of the numbers of epochs and classes.
    return pd.concat([identifiers.convert_dtypes(), values], axis="columns")
