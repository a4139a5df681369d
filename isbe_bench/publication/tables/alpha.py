"""The paper's Tables 3 and 4 from trainings: alpha and its differences, beside what the paper prints."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from isbe_bench.analysis import accuracy, missing, origin
from isbe_bench.analysis.accuracy import Accuracies
from isbe_bench.analysis.collection import Collection
from isbe_bench.catalogue.losses import APART, CROSS_ENTROPY, ISBE, MODES
from isbe_bench.papers import skarbek
from isbe_bench.publication.tables import rendering
from isbe_bench.publication.tables.rendering import Table
from isbe_bench.statistics.intervals import MIN_RUNS, MeanInterval, Paired

ALPHA = "alpha: percent of the test images classified right after the last epoch (Formula 8)."
_MEAN = "Mean over seeds, with the half-width of its 95% Student interval; std in the CSV file."
_PAPER = "paper: as printed there, one run of unknown length a cell; difference: ours minus the paper's."
PAIRED = (
    "ISBE minus cross-entropy (reduction ce), in points: mean over pairs of runs with the same seed, "
    "with its 95% Student interval."
)
VERDICTS = (
    "Verdicts: same, if two one-sided tests at 5% put the difference within the margin of "
    f"{accuracy.margin('mnist'):g} points on MNIST and {accuracy.margin(''):g} elsewhere; else lower or "
    "higher, if the 95% interval leaves out zero; else undecided. Below "
    f"{MIN_RUNS} pairs: too few runs. No correction for the number of cells: of twenty equals, one is "
    "called lower or higher by chance."
)


def make(collection: Collection) -> list[Table]:
    """Tables 3 and 4, and one of the modes that the paper's tables do not have."""
    runs = collection.runs
    every = list(accuracy.groups(collection))
    groups = [group for group in every if not set(group.modes) <= set(APART)]
    apart = [group for group in every if set(group.modes) <= set(APART)]
    papers = origin.of_trainings(runs[runs["mode"].isin(MODES)]) if groups else ""
    others = origin.of_trainings(runs[runs["mode"].isin(APART)]) if apart else ""
    gaps = missing.of_trainings(runs)
    return [
        Table(
            "table3_alpha",
            "Table 3: alpha",
            _numbers(_table3(groups), MODES, skarbek.ALPHA),
            _table3_reading(groups, MODES, skarbek.ALPHA),
            f"{ALPHA} {_MEAN} {_PAPER}",
            papers,
            gaps,
        ),
        Table(
            "table4_delta_alpha",
            "Table 4: differences of alpha",
            _numbers(_table4(groups), ISBE, skarbek.DELTA_ALPHA),
            _table4_reading(groups),
            f"{PAIRED} {ALPHA} {VERDICTS} paper: as printed there.",
            papers,
            gaps,
        ),
        Table(
            "alpha_apart",
            "Modes apart from the paper's tables",
            _numbers(_table3(apart), APART, {}),
            _table3_reading(apart, APART, {}),
            "isbe_normalize: the negative control of the paper's Section 3; isbe_dilated_softmax: the "
            f"dilated softmax of its Theorem A1. {ALPHA} {_MEAN}",
            others,
        ),
    ]


Place = dict[str, Any]
Row = tuple[Place, object, dict[str, MeanInterval]]
"""What a row says of itself, its key among the published numbers, and its cells."""


def _printed(group: Accuracies) -> str:
    """The net, where the paper's tables have it; they are of MNIST."""
    return group.net if group.dataset == "mnist" else ""


def _table3(groups: list[Accuracies]) -> list[Row]:
    return [
        (
            group.place,
            _printed(group),
            {mode: cell for mode in group.modes if (cell := group.mean(mode))},
        )
        for group in groups
    ]


def _pairs(group: Accuracies, ce: str) -> dict[str, Paired]:
    return {mode: pair for mode in ISBE if (pair := group.difference(mode, ce))}


def _table4(groups: list[Accuracies]) -> list[Row]:
    rows: list[Row] = []
    for group in groups:
        for ce in CROSS_ENTROPY:
            reduction = ce.removeprefix("ce_")
            cells = {mode: pair.difference for mode, pair in _pairs(group, ce).items()}
            if cells:
                rows.append((group.place | {"ce": reduction}, (_printed(group), reduction), cells))
    return rows


def _numbers(
    rows: list[Row], modes: tuple[str, ...], paper: Mapping[Any, Mapping[str, float]]
) -> pd.DataFrame:
    """For machines: a row for each number of each row, a column a mode."""
    lines = []
    for place, key, cells in rows:
        values: dict[str, dict[str, float]] = {
            "mean": {mode: cell.mean for mode, cell in cells.items()},
            "low": {mode: cell.low for mode, cell in cells.items()},
            "high": {mode: cell.high for mode, cell in cells.items()},
            "std": {mode: cell.deviation for mode, cell in cells.items()},
            "runs": {mode: cell.count for mode, cell in cells.items()},
        }
        if printed := paper.get(key):
            values["paper"] = dict(printed)
            values["difference"] = {mode: cells[mode].mean - printed[mode] for mode in cells}
        for value, numbers in values.items():
            lines.append(place | {"value": value} | {mode: numbers.get(mode) for mode in modes})
    return pd.DataFrame(lines).astype(object) if lines else pd.DataFrame()


def _table3_reading(
    groups: list[Accuracies], modes: tuple[str, ...], paper: Mapping[str, Mapping[str, float]]
) -> pd.DataFrame:
    rows = []
    for place, key, cells in _table3(groups):
        texts = {mode: rendering.text(cells.get(mode)) for mode in modes}
        rows.append(place | {"source": "ours"} | texts | {"runs": _counts(cells)})
        if printed := paper.get(str(key)):
            rows.append(place | {"source": "paper"} | {m: f"{v:.2f}" for m, v in printed.items()})
            differences = {m: f"{c.mean - printed[m]:+z.2f}" for m, c in cells.items()}
            rows.append(place | {"source": "difference"} | differences)
    return rendering.for_reading(rows)


def _table4_reading(groups: list[Accuracies]) -> pd.DataFrame:
    rows = []
    for group in groups:
        for ce in CROSS_ENTROPY:
            pairs = _pairs(group, ce)
            if not pairs:
                continue
            reduction = ce.removeprefix("ce_")
            place = group.place | {"ce": reduction}
            cells = {mode: pair.difference for mode, pair in pairs.items()}
            texts = {mode: rendering.text(cells.get(mode), signed=True) for mode in ISBE}
            rows.append(place | {"source": "ours"} | texts | {"runs": _counts(cells)})
            verdicts = {mode: rendering.accuracy_words(pair) for mode, pair in pairs.items()}
            rows.append(place | {"source": "verdict"} | verdicts)
            if printed := skarbek.DELTA_ALPHA.get((_printed(group), reduction)):
                rows.append(place | {"source": "paper"} | {m: f"{v:+z.2f}" for m, v in printed.items()})
    return rendering.for_reading(rows)


def _counts(cells: dict[str, MeanInterval]) -> str:
    """How many runs a row's cells rest on: `3`, or `1-3`."""
    counts = [cell.count for cell in cells.values()]
    return "-".join(str(count) for count in sorted({min(counts), max(counts)}))
