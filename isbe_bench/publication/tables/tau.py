"""The paper's Tables 1 and 2, from runs of `task=timing`: tau and its differences."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis import missing, origin
from isbe_bench.analysis.collection import Collection
from isbe_bench.catalogue.losses import CROSS_ENTROPY
from isbe_bench.papers import skarbek
from isbe_bench.publication.tables import rendering, timed
from isbe_bench.publication.tables.rendering import Table
from isbe_bench.publication.tables.timed import Group
from isbe_bench.statistics.comparison import tau_control
from isbe_bench.statistics.intervals import MeanInterval

_PAPER_DATASETS = ("mnist", "digits")  # images of 28x28x1; what they show is all one to the clock

_TAU = (
    "tau = 100 * backward / (forward + backward), in percent (Formula 7); the loss, or the soft error, "
    "is formed in the forward phase. tau is a share: work moved from one phase to the other changes it "
    "and saves nothing. What is saved is in the table of totals."
)


def make(collection: Collection) -> list[Table]:
    """Tables 1 and 2."""
    groups = list(timed.groups(collection.timing))
    gaps = missing.of_measurements(collection.timing)
    where = "" if collection.timing.runs.empty else origin.of_measurements(collection.timing.runs)
    return [
        Table(
            "table1_tau",
            "Table 1: tau",
            _table1_numbers(groups),
            _table1_reading(groups),
            f"{_TAU} {timed.HOW} {timed.DISTURBED} "
            "paper: as printed there, on MNIST and hardware that it does not name; difference: ours "
            "minus the paper's.",
            where,
            gaps,
        ),
        Table(
            "table2_delta_tau",
            "Table 2: differences of tau",
            _table2_numbers(groups),
            _table2_reading(groups),
            "ISBE minus cross-entropy (reduction ce) in points, within each round. "
            f"{_TAU} {timed.HOW} {timed.CONTROL} {timed.verdicts('lower', 'higher', '')} "
            f"{timed.DISTURBED}",
            where,
            gaps,
        ),
    ]


def _table1_cells(group: Group) -> dict[str, MeanInterval]:
    return {
        mode: group.comparison.mean("tau", mode)
        for mode in group.comparison.modes
        if mode != group.comparison.control
    }


def _table1_numbers(groups: list[Group]) -> pd.DataFrame:
    rows = []
    for group in groups:
        rows += _number_rows(group.place, _table1_cells(group))
        if paper := skarbek.TAU.get(published_net(group)):
            rows.append(group.place | {"value": "paper"} | paper)
            rows.append(group.place | {"value": "difference"} | _beyond(_table1_cells(group), paper))
    return pd.DataFrame(rows)


def _beyond(cells: dict[str, MeanInterval], paper: dict[str, float]) -> dict[str, float]:
    """Ours minus the paper's, where both have a number."""
    return {mode: cell.mean - paper[mode] for mode, cell in cells.items() if mode in paper}


def _table1_reading(groups: list[Group]) -> pd.DataFrame:
    rows = []
    for group in groups:
        cells = {mode: rendering.text(cell) for mode, cell in _table1_cells(group).items()}
        rows.append(group.place | {"source": "ours"} | cells | group.counts())
        if paper := skarbek.TAU.get(published_net(group)):
            texts = {mode: f"{value:.2f}" for mode, value in paper.items() if mode in cells}
            rows.append(group.place | {"source": "paper"} | texts)
            differences = _beyond(_table1_cells(group), paper)
            texts = {mode: f"{value:+z.2f}" for mode, value in differences.items()}
            rows.append(group.place | {"source": "difference"} | texts)
    return rendering.for_reading(rows)


def _table2_cells(group: Group, ce: str) -> dict[str, MeanInterval]:
    comparison = group.comparison
    isbe = [mode for mode in comparison.modes if mode.startswith("isbe_") and mode != comparison.control]
    return {mode: comparison.difference("tau", mode, ce) for mode in isbe}


def _table2_rows(group: Group) -> Iterator[tuple[str, dict[str, MeanInterval]]]:
    """A row for each cross-entropy that was measured, if any ISBE mode was."""
    for ce in CROSS_ENTROPY:
        if ce in group.comparison.modes and (cells := _table2_cells(group, ce)):
            yield ce.removeprefix("ce_"), cells


def _table2_numbers(groups: list[Group]) -> pd.DataFrame:
    rows = []
    for group in groups:
        for ce, cells in _table2_rows(group):
            place = group.place | {"ce": ce}
            rows += _number_rows(place, cells | {"A/A": tau_control(group.comparison)})
            if paper := skarbek.DELTA_TAU.get((published_net(group), ce)):
                rows.append(place | {"value": "paper"} | paper)
    return pd.DataFrame(rows)


def _table2_reading(groups: list[Group]) -> pd.DataFrame:
    rows = []
    for group in groups:
        control = tau_control(group.comparison)
        for ce, cells in _table2_rows(group):
            place = group.place | {"ce": ce}
            ours = {mode: rendering.text(cell, signed=True) for mode, cell in cells.items()}
            rows.append(
                place
                | {"source": "ours"}
                | ours
                | {"A/A": rendering.text(control, signed=True)}
                | group.counts()
            )
            verdicts = {
                mode: rendering.words(group.verdict(cell, control), "lower", "higher", "")
                for mode, cell in cells.items()
            }
            rows.append(place | {"source": "verdict"} | verdicts)
            if paper := skarbek.DELTA_TAU.get((published_net(group), ce)):
                texts = {mode: f"{value:+.2f}" for mode, value in paper.items() if mode in cells}
                rows.append(place | {"source": "paper"} | texts)
    return rendering.for_reading(rows)


def _number_rows(place: dict[str, Any], cells: dict[str, MeanInterval]) -> list[dict[str, Any]]:
    """For machines: mean, low and high (95%), and the number of processes."""
    return [
        place | {"value": value} | {mode: getattr(cell, attribute) for mode, cell in cells.items()}
        for value, attribute in (
            ("mean", "mean"),
            ("low", "low"),
            ("high", "high"),
            ("processes", "count"),
        )
    ]


def published_net(group: Group) -> str:
    """The net's name in the paper's tables of tau; empty where it is not in them."""
    return str(group.place["net"]) if group.place["dataset"] in _PAPER_DATASETS else ""
