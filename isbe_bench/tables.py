"""The paper's tables from records: tau and alpha (Tables 1 and 3), and their differences (2 and 4)."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from isbe_bench import origin
from isbe_bench.collection import Collection
from isbe_bench.conditions import MAX_FOREIGN_CPU_SHARE
from isbe_bench.losses import MODES
from isbe_bench.records import write_atomically
from isbe_bench.statistics import MeanInterval, mean_interval

CROSS_ENTROPY = [mode for mode in MODES if mode.startswith("ce_")]
ISBE = [mode for mode in MODES if mode.startswith("isbe_")]

_MEAN = "Mean over seeds, with the half-width of its 95% Student interval."
_PAIRED = (
    "ISBE minus cross-entropy (reduction ce), in points: mean over pairs of runs with the same seed, "
    "with the half-width of its 95% Student interval."
)
_ALPHA = "alpha: percent of the test images classified right after the last epoch (Formula 8)."
_TAU = (
    "tau = 100 * backward / (forward + backward), in percent (Formula 7), over a run's training steps "
    "without its first epoch; the soft error, like the loss, is formed in the forward phase. The runs "
    "followed one another, with no A/A control: the table shows where time goes, and no saving. "
    f"disturbed: runs during which other processes took more than {MAX_FOREIGN_CPU_SHARE:.0%} of the "
    "CPU; their times are not to be trusted."
)


@dataclasses.dataclass(frozen=True)
class _Plan:
    """One table: which quantity it shows, and how its cells come from runs."""

    name: str
    caption: str
    quantity: str
    make: Callable[[pd.DataFrame, str], pd.DataFrame]
    note: str

    @property
    def title(self) -> str:
        return f"Table {self.name[5]}: {self.caption}"


def _means(runs: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """A row a net, a column a mode; cells are `MeanInterval`s, None where no run is."""
    rows = []
    for key, group in _rows(runs, quantity):
        rows.append(
            key | {mode: _interval(group.loc[group["mode"] == mode, quantity]) for mode in MODES}
        )
    return pd.DataFrame(rows)


def _differences(runs: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """A row a net and reduction, a column an ISBE mode; runs are paired by seed."""
    rows = []
    for key, group in _rows(runs, quantity):
        by_seed = group.pivot_table(index="seed", columns="mode", values=quantity).reindex(columns=MODES)
        for ce in CROSS_ENTROPY:
            cells = {mode: _interval((by_seed[mode] - by_seed[ce]).dropna()) for mode in ISBE}
            if any(cells.values()):
                rows.append(key | {"ce": ce.removeprefix("ce_")} | cells)
    return pd.DataFrame(rows)


_PLANS = (
    _Plan("table1_tau", "tau", "tau", _means, f"{_TAU} {_MEAN}"),
    _Plan("table2_delta_tau", "differences of tau", "tau", _differences, f"{_PAIRED} {_TAU}"),
    _Plan("table3_alpha", "alpha", "alpha", _means, f"{_ALPHA} {_MEAN}"),
    _Plan("table4_delta_alpha", "differences of alpha", "alpha", _differences, f"{_PAIRED} {_ALPHA}"),
)


def write(collection: Collection, folder: Path) -> list[Path]:
    """Write Tables 1-4 as CSV, Markdown and LaTeX; a table without any value is not written.

    The CSV holds a row for each of `mean`, `low` and `high` (95%) and `runs`; the other two are for
    reading.
    """
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    for plan in _PLANS:
        cells = plan.make(collection.runs, plan.quantity)
        if cells.empty:
            for path in folder.glob(f"{plan.name}.*"):  # of runs that are no more
                path.unlink()
            continue
        for suffix, text in (
            ("csv", _numbers(cells).to_csv(index=False)),
            ("md", _markdown(cells, plan, collection.runs)),
            ("tex", _latex(cells, plan)),
        ):
            path = folder / f"{plan.name}.{suffix}"
            write_atomically(path, text)
            written.append(path)
    return written


def _rows(runs: pd.DataFrame, quantity: str) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """The runs of each row, with what the row says of all of them."""
    for values, group in runs.groupby(["dataset", "net", "settings"], sort=True):
        row: dict[str, Any] = dict(zip(("dataset", "net", "settings"), values, strict=True))
        if quantity == "tau":
            row["disturbed"] = f"{group['disturbed'].sum()} of {len(group)}"
        yield row, group


def _interval(values: "pd.Series[float]") -> MeanInterval | None:
    return mean_interval(values.tolist()) if len(values) else None


def _modes(cells: pd.DataFrame) -> list[str]:
    return [column for column in cells if column in MODES]


def _numbers(cells: pd.DataFrame) -> pd.DataFrame:
    """For machines: a row for each number that a row's cells hold."""
    modes = _modes(cells)
    parts = []
    for value, attribute in (("mean", "mean"), ("low", "low"), ("high", "high"), ("runs", "count")):
        part = cells.copy()
        numbers = cells[modes].map(lambda cell, name=attribute: getattr(cell, name, None))
        part[modes] = numbers.astype("Int64") if value == "runs" else numbers
        part.insert(len(cells.columns) - len(modes), "value", value)
        parts.append(part.astype(object))
    return pd.concat(parts).sort_index(kind="stable")


def _for_reading(cells: pd.DataFrame) -> pd.DataFrame:
    """The paper's shape: modes by their short names, one text a cell, the number of runs at the end."""
    modes = _modes(cells)
    table = cells.copy()
    table[modes] = cells[modes].map(lambda cell: _text(cell, signed="ce" in cells))
    table["runs"] = [_runs(row) for row in cells[modes].itertuples(index=False)]
    if not table["settings"].any():
        table = table.drop(columns="settings")
    if "disturbed" in table:
        table["disturbed"] = table.pop("disturbed")  # last
    return table.rename(columns={mode: mode.split("_")[1] for mode in modes})


def _text(cell: MeanInterval | None, signed: bool) -> str:
    if cell is None:
        return "-"
    mean = f"{cell.mean:+z.2f}" if signed else f"{cell.mean:.2f}"
    return mean if cell.count < 2 else f"{mean} ± {cell.half_width:.2f}"


def _runs(cells: Iterable[MeanInterval | None]) -> str:
    """How many runs a row's cells rest on: `3`, or `1-3`."""
    counts = [cell.count for cell in cells if cell is not None]
    return "-".join(str(count) for count in sorted({min(counts), max(counts)}))


def _markdown(cells: pd.DataFrame, plan: _Plan, runs: pd.DataFrame) -> str:
    table = _for_reading(cells).to_markdown(index=False, disable_numparse=True)
    return f"# {plan.title}\n\n{table}\n\n{plan.note}\n\n{origin.markdown(runs)}"


def _latex(cells: pd.DataFrame, plan: _Plan) -> str:
    table = _for_reading(cells)
    for before, after in (("_", r"\_"), (" ± ", r" $\pm$ ")):
        table = table.map(lambda text, before=before, after=after: text.replace(before, after))
    caption = f"{plan.caption[0].upper()}{plan.caption[1:]}. {plan.note}".replace("%", r"\%")
    text: str = table.to_latex(index=False, escape=False, caption=caption, label=f"tab:{plan.name}")
    return text
