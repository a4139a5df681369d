"""The paper's Tables 3 and 4 from training runs: alpha and its differences."""

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from isbe_bench import origin
from isbe_bench.collection import Collection
from isbe_bench.losses import CROSS_ENTROPY, ISBE, MODES
from isbe_bench.statistics import MeanInterval, mean_interval
from isbe_bench.tables import rendering
from isbe_bench.tables.rendering import Table

_ALPHA = "alpha: percent of the test images classified right after the last epoch (Formula 8)."
_MEAN = "Mean over seeds, with the half-width of its 95% Student interval."
_PAIRED = (
    "ISBE minus cross-entropy (reduction ce), in points: mean over pairs of runs with the same seed, "
    "with the half-width of its 95% Student interval."
)


def make(collection: Collection) -> list[Table]:
    """Tables 3 and 4."""
    return [
        _table(
            "table3_alpha", "Table 3: alpha", _means(collection.runs), f"{_ALPHA} {_MEAN}", collection
        ),
        _table(
            "table4_delta_alpha",
            "Table 4: differences of alpha",
            _differences(collection.runs),
            f"{_PAIRED} {_ALPHA}",
            collection,
        ),
    ]


def _table(name: str, caption: str, cells: pd.DataFrame, note: str, collection: Collection) -> Table:
    if cells.empty:
        return Table(name, caption, cells, cells, note, "")
    numbers = rendering.wide_numbers(cells, _modes(cells), "runs")
    return Table(name, caption, numbers, _for_reading(cells), note, origin.of_trainings(collection.runs))


def _means(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a net, a column a mode; cells are `MeanInterval`s, None where no run is."""
    rows = []
    for key, group in _rows(runs):
        rows.append(key | {mode: _interval(group.loc[group["mode"] == mode, "alpha"]) for mode in MODES})
    return pd.DataFrame(rows)


def _differences(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a net and reduction, a column an ISBE mode; runs are paired by seed."""
    rows = []
    for key, group in _rows(runs):
        by_seed = group.pivot_table(index="seed", columns="mode", values="alpha").reindex(columns=MODES)
        for ce in CROSS_ENTROPY:
            cells = {mode: _interval((by_seed[mode] - by_seed[ce]).dropna()) for mode in ISBE}
            if any(cells.values()):
                rows.append(key | {"ce": ce.removeprefix("ce_")} | cells)
    return pd.DataFrame(rows)


def _rows(runs: pd.DataFrame) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """The runs of each row, with what the row says of all of them."""
    if runs.empty:
        return
    for values, group in runs.groupby(["dataset", "net", "settings"], sort=True):
        yield dict(zip(("dataset", "net", "settings"), values, strict=True)), group


def _interval(values: "pd.Series[float]") -> MeanInterval | None:
    return mean_interval(values.tolist()) if len(values) else None


def _modes(cells: pd.DataFrame) -> list[str]:
    return [column for column in cells if column in MODES]


def _for_reading(cells: pd.DataFrame) -> pd.DataFrame:
    """The paper's shape: modes by their short names, one text a cell, the number of runs at the end."""
    modes = _modes(cells)
    table = cells.copy()
    table[modes] = cells[modes].map(lambda cell: rendering.text(cell, signed="ce" in cells))
    table["runs"] = [_runs(row) for row in cells[modes].itertuples(index=False)]
    if not table["settings"].any():
        table = table.drop(columns="settings")
    return table.rename(columns={mode: mode.split("_")[1] for mode in modes})


def _runs(cells: Iterable[MeanInterval | None]) -> str:
    """How many runs a row's cells rest on: `3`, or `1-3`."""
    counts = [cell.count for cell in cells if cell is not None]
    return "-".join(str(count) for count in sorted({min(counts), max(counts)}))
