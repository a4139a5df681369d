"""The paper's Tables 1 to 4: tau, alpha and their differences, beside the published numbers."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.cells import Cell, rows
from isbe_bench.analysis.missing import missing_measurements, missing_trainings
from isbe_bench.analysis.origin import measurement_origin, training_origin
from isbe_bench.analysis.timings import Timings
from isbe_bench.catalogue.losses import APART, ISBE, LOSSES, MODES, is_own, label, order, together
from isbe_bench.papers import skarbek
from isbe_bench.publication.table import Table, reading
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import count_text, mean_text

CONTROL = "A/A"
_PLACES = {"alpha": skarbek.TRAINED, "tau": skarbek.TIMED}
_STATISTICS: dict[str, Callable[[Cell], float]] = {
    "mean": lambda cell: cell.value.mean,
    "low": lambda cell: cell.value.low,
    "high": lambda cell: cell.value.high,
    "std": lambda cell: cell.value.deviation,
    "runs": lambda cell: cell.value.count,
    "processes": lambda cell: cell.value.count,
}


@dataclass(frozen=True)
class Layout:
    """Columns and lines of a table.

    Attributes
    ----------
    columns
        The modes that always have a column; other measured modes follow.
    lines
        The lines of each row in the CSV file: keys of `_STATISTICS`, `paper`, `difference`.
    texts
        Its lines for readers: `ours`, `verdict`, `paper`, `difference`.
    paper
        The end of the note if the table has numbers of the paper's networks: what the paper prints.
    """

    columns: tuple[str, ...]
    lines: tuple[str, ...]
    texts: tuple[str, ...]
    paper: str = ""


_TIMES = ("mean", "low", "high", "processes", "paper")
_ACCURACIES = ("mean", "low", "high", "std", "runs", "paper", "difference")
_TABLE1 = Layout(
    MODES,
    (*_TIMES, "difference"),
    ("ours", "paper", "difference"),
    "paper: as printed there, on MNIST and hardware that it does not name; difference: ours minus the "
    "paper's.",
)
_TABLE2 = Layout(ISBE, _TIMES, ("ours", "verdict", "paper"))
_TABLE3 = Layout(
    MODES,
    _ACCURACIES,
    ("ours", "paper", "difference"),
    "paper: as printed there, one run of unknown length a cell; difference: ours minus the paper's.",
)
_TABLE4 = Layout(ISBE, _ACCURACIES, ("ours", "verdict", "paper"), "paper: as printed there.")
_APART = Layout(APART, _ACCURACIES[:5], ("ours",))


def make(analysis: Analysis) -> list[Table]:
    """Tables 1 to 4, and a table of the modes for which the paper prints no numbers."""
    return [*_times(analysis), *_accuracies(analysis)]


def _times(analysis: Analysis) -> Iterator[Table]:
    runs = analysis.shown_timing_runs
    cells = [cell for group in analysis.shown_timings for cell in group.cells if cell.quantity == "tau"]
    differences = [
        cell
        for group in analysis.shown_timings
        for cell in _with_control(group, [each for each in group.cells if each.quantity == "tau"])
    ]
    compared = [mode for group in analysis.shown_timings for mode in group.compared]
    origin = measurement_origin(runs)
    missing = missing_measurements(runs) if _of_paper(cells) else ""
    yield _table(
        "table1_tau",
        "Table 1: tau",
        _TABLE1,
        [cell for cell in cells if not cell.is_difference],
        f"{notes.TAU} {notes.PROCESSES} {notes.DISTURBED}",
        origin,
        missing,
    )
    yield _table(
        "table2_delta_tau",
        "Table 2: differences of tau",
        _TABLE2,
        differences,
        f"{together(compared)} minus cross-entropy (reduction ce) in points, within each round. "
        f"{notes.TAU} {notes.PROCESSES} {notes.CONTROL} {notes.time_verdicts('lower', 'higher', '')} "
        f"{notes.DISTURBED}",
        origin,
        missing,
    )


def _with_control(group: Timings, cells: list[Cell]) -> Iterator[Cell]:
    """The differences of a group, each row followed by that of the A/A twin."""
    for row in rows(cell for cell in cells if cell.is_difference):
        yield from row
        first = row[0]
        yield Cell(
            first.where, "tau", CONTROL, first.reference, group.tau_control, disturbed=first.disturbed
        )


def _accuracies(analysis: Analysis) -> Iterator[Table]:
    runs = analysis.plain_runs
    cells = [cell for group in analysis.shown if not group.apart for cell in group.cells]
    apart = [cell for group in analysis.shown if group.apart for cell in group.cells]
    origin = training_origin(runs[~runs["mode"].isin(APART)]) if cells else ""
    missing = missing_trainings(runs) if _of_paper(cells) else ""
    values, differences = (
        [cell for cell in cells if cell.is_difference == wanted] for wanted in (False, True)
    )
    yield _table(
        "table3_alpha",
        "Table 3: alpha",
        _TABLE3,
        values,
        f"{notes.ALPHA} {notes.SEEDS}",
        origin,
        missing,
    )
    yield _table(
        "table4_delta_alpha",
        "Table 4: differences of alpha",
        _TABLE4,
        differences,
        f"{notes.pairs(cell.mode for cell in differences)} {notes.ALPHA} {notes.ACCURACY_VERDICTS}",
        origin,
        missing,
    )
    explained = "; ".join(f"{entry.name}: {entry.about}" for entry in LOSSES if entry.name in APART)
    yield _table(
        "alpha_apart",
        "Modes apart from the paper's tables",
        _APART,
        apart,
        f"{explained}. {notes.ALPHA} {notes.SEEDS}",
        training_origin(runs[runs["mode"].isin(APART)]) if apart else "",
    )


def _table(
    name: str,
    caption: str,
    layout: Layout,
    cells: list[Cell],
    note: str,
    origin: str,
    missing: str = "",
) -> Table:
    measured = {cell.mode for cell in cells}
    columns = _ordered(measured | set(layout.columns))
    shown = columns if _of_paper(cells) else _ordered(measured)
    numbers = [line for row in rows(cells) for line in _lines(layout, row, columns)]
    texts = [line for row in rows(cells) for line in _texts(layout, row, shown)]
    frame = pd.DataFrame(numbers).astype(object) if numbers else pd.DataFrame()
    note = f"{note} {layout.paper}".strip() if _of_paper(cells) else note
    return Table(name, caption, frame, reading(texts), note, origin, missing)


def _ordered(modes: Iterable[str]) -> list[str]:
    """In catalogue order; the control is last."""
    return sorted(modes, key=lambda mode: (mode == CONTROL, order(mode)))


def _of_paper(cells: Iterable[Cell]) -> bool:
    """Whether the cells are not all of a user's own data, networks and losses."""
    return any(
        (cell.where["dataset"], cell.where["net"]) in _PLACES[cell.quantity] and not is_own(cell.mode)
        for cell in cells
    )


def _place(cell: Cell) -> dict[str, Any]:
    """The columns that identify a row."""
    return dict(cell.where) | ({"ce": label(cell.reference)} if cell.reference else {})


def _printed(row: list[Cell]) -> dict[str, float]:
    """The paper's row, including modes that were not measured here; empty if it has no value of ours."""
    if all(cell.paper is None for cell in row):
        return {}
    cell = row[0]
    dataset, net = str(cell.where["dataset"]), str(cell.where["net"])
    return skarbek.printed(cell.quantity, dataset, net, cell.reference)


def _lines(layout: Layout, row: list[Cell], columns: list[str]) -> Iterator[dict[str, Any]]:
    """Lines for programs, one for each kind of number."""
    paper = _printed(row)
    by_mode = {cell.mode: cell for cell in row}
    for line in layout.lines:
        if line in _STATISTICS:
            values = {mode: _STATISTICS[line](cell) for mode, cell in by_mode.items()}
        elif line == "paper":
            values = paper
        else:
            values = _beyond(row)
        if values:
            yield _place(row[0]) | {"value": line} | {mode: values.get(mode) for mode in columns}


def _texts(layout: Layout, row: list[Cell], columns: list[str]) -> Iterator[dict[str, Any]]:
    """Lines for readers."""
    place, paper = _place(row[0]), _printed(row)
    signed = row[0].is_difference
    values = {cell.mode: cell.value for cell in row}
    theirs = {key: place[key] for key in place if key not in ("epochs", "settings")}
    for line in layout.texts:
        if line == "ours":
            texts = {mode: mean_text(values.get(mode), signed=signed) for mode in columns}
            yield place | {"source": line} | texts | _counts(row)
        elif line == "verdict":
            words = {cell.mode: cell.words for cell in row if cell.words}
            yield place | {"source": line} | words
        elif line == "paper" and paper:
            sign = "+z" if signed else ""
            yield theirs | {"source": line} | {mode: f"{paper[mode]:{sign}.2f}" for mode in paper}
        elif line == "difference" and paper:
            beyond = {mode: f"{value:+z.2f}" for mode, value in _beyond(row).items()}
            yield place | {"source": line} | beyond


def _beyond(row: list[Cell]) -> dict[str, float]:
    """Differences from the paper's values, for modes with both numbers."""
    return {cell.mode: cell.value.mean - cell.paper for cell in row if cell.paper is not None}


def _counts(row: list[Cell]) -> dict[str, str]:
    """The number of runs, or of processes, behind a row."""
    counts = [cell.value.count for cell in row]
    if row[0].disturbed is None:
        return {"runs": count_text(counts)}
    return {"processes": str(counts[0]), "disturbed": f"{row[0].disturbed} of {counts[0]}"}
