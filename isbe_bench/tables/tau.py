"""From runs of `task=timing`: the paper's Tables 1 and 2, and two that it lacks, totals and controls."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from isbe_bench import origin, published
from isbe_bench.collection import Collection, Measurements
from isbe_bench.comparison import Comparison, percent_change, with_totals
from isbe_bench.conditions import MAX_FOREIGN_CPU_SHARE
from isbe_bench.losses import CROSS_ENTROPY
from isbe_bench.statistics import MeanInterval, judge
from isbe_bench.tables import rendering
from isbe_bench.tables.rendering import MARGIN, Table

_PAPER_DATASETS = ("mnist", "digits")  # images of 28x28x1; what they show is all one to the clock

_HOW = (
    "Each process gives the median over its rounds, in which all losses take their turns on the same "
    "weights "
    "and batches; the value is the mean over processes, with the half-width of its 95% Student interval."
)
_TAU = (
    "tau = 100 * backward / (forward + backward), in percent (Formula 7); the loss, or the soft "
    "error, is "
    "formed in the forward phase. tau is a share: work moved from one phase to the other changes it and "
    "saves nothing. What is saved is in the table of totals."
)
_CONTROL = (
    "A/A: the first loss entered a second time; what differs there differs between equals. Where its "
    "interval leaves out zero, the measurement is untrusted."
)
_DISTURBED = (
    "disturbed: processes during which others took more than "
    f"{MAX_FOREIGN_CPU_SHARE:.0%} of the CPU, or the GPU was shared or slowed down."
)
_VERDICT = (
    f"Verdicts: {{less}} or {{more}} where the interval leaves out zero and the difference is larger "
    "than "
    "what the A/A interval allows for; else same within the larger of both reaches; too noisy where "
    "that "
    f"is beyond {MARGIN:g}{{unit}}."
)


@dataclass(frozen=True)
class _Group:
    """What one net gave on one machine under the same settings; runs of other seeds are pooled."""

    place: dict[str, Any]
    comparison: Comparison
    disturbed: str

    def published_net(self) -> str | None:
        """The net's name in the paper's tables of tau; None where it is not in them."""
        net = str(self.place["net"])
        known = net in published.TAU and self.place["dataset"] in _PAPER_DATASETS
        return net if known else None


def make(collection: Collection) -> list[Table]:
    """Tables 1 and 2, totals and controls."""
    groups = list(_groups(collection.timing))
    where = "" if collection.timing.runs.empty else origin.of_measurements(collection.timing.runs)
    control = _controls(collection.timing)
    return [
        Table(
            "table1_tau",
            "Table 1: tau",
            _table1_numbers(groups),
            _table1_reading(groups),
            f"{_TAU} {_HOW} {_DISTURBED} paper: as printed there, on MNIST and hardware that it does "
            "not name.",
            where,
        ),
        Table(
            "table2_delta_tau",
            "Table 2: differences of tau",
            _table2_numbers(groups),
            _table2_reading(groups),
            "ISBE minus cross-entropy (reduction ce) in points, within each round. "
            f"{_TAU} {_HOW} {_CONTROL} "
            f"{_VERDICT.format(less='lower', more='higher', unit=' point')} {_DISTURBED}",
            where,
        ),
        Table(
            "timing_totals",
            "Time of both phases",
            *_totals(groups),
            "Milliseconds of one step's forward and backward phase and of both; total, %: the change "
            "of their "
            f"total against the first loss, within each round: what a user saves. {_HOW} {_CONTROL} "
            f"{_VERDICT.format(less='faster', more='slower', unit='%')} {_DISTURBED}",
            where,
        ),
        Table(
            "timing_control",
            "A/A controls",
            *control,
            "A row a run: the difference between two entries of the same loss, in points of tau and "
            "in percent "
            "of the total, with its 95% Student interval over processes. Of many runs, 95% are to "
            "hold zero. "
            "foreign CPU: the largest share that other processes took during one process's measurement.",
            where,
        ),
    ]


def _groups(timing: Measurements) -> Iterator[_Group]:
    """The runs of each row of a table."""
    if timing.runs.empty:
        return
    keys = ["dataset", "net", "device", "settings"]
    samples = with_totals(timing.samples)
    for values, runs in timing.runs.groupby(keys, sort=True):
        of_group = samples[samples["run"].isin(runs["run"])]
        place = dict(zip(keys, values, strict=True))
        disturbed = f"{runs['disturbed'].sum()} of {runs['processes'].sum()}"
        yield _Group(place, Comparison(of_group), disturbed)


def _table1_cells(group: _Group) -> dict[str, MeanInterval]:
    return {
        mode: group.comparison.mean("tau", mode)
        for mode in group.comparison.modes
        if mode != group.comparison.control
    }


def _table1_numbers(groups: list[_Group]) -> pd.DataFrame:
    rows = []
    for group in groups:
        rows += _number_rows(group.place, _table1_cells(group))
        if net := group.published_net():
            rows.append(group.place | {"value": "paper"} | published.TAU[net])
    return pd.DataFrame(rows)


def _table1_reading(groups: list[_Group]) -> pd.DataFrame:
    rows = []
    for group in groups:
        cells = {mode: rendering.text(cell) for mode, cell in _table1_cells(group).items()}
        rows.append(group.place | {"source": "ours"} | cells | _counts(group))
        if net := group.published_net():
            paper = {mode: f"{value:.2f}" for mode, value in published.TAU[net].items() if mode in cells}
            rows.append(group.place | {"source": "paper"} | paper)
    return _for_reading(rows)


def _table2_cells(group: _Group, ce: str) -> dict[str, MeanInterval]:
    comparison = group.comparison
    isbe = [mode for mode in comparison.modes if mode.startswith("isbe_") and mode != comparison.control]
    return {mode: comparison.difference("tau", mode, ce) for mode in isbe}


def _table2_rows(group: _Group) -> Iterator[tuple[str, dict[str, MeanInterval]]]:
    """A row for each cross-entropy that was measured, if any ISBE mode was."""
    for ce in CROSS_ENTROPY:
        if ce in group.comparison.modes and (cells := _table2_cells(group, ce)):
            yield ce.removeprefix("ce_"), cells


def _tau_control(comparison: Comparison) -> MeanInterval:
    return comparison.difference("tau", comparison.control, comparison.reference)


def _table2_numbers(groups: list[_Group]) -> pd.DataFrame:
    rows = []
    for group in groups:
        for ce, cells in _table2_rows(group):
            place = group.place | {"ce": ce}
            rows += _number_rows(place, cells | {"A/A": _tau_control(group.comparison)})
            if net := group.published_net():
                rows.append(place | {"value": "paper"} | published.DELTA_TAU.get((net, ce), {}))
    return pd.DataFrame(rows)


def _table2_reading(groups: list[_Group]) -> pd.DataFrame:
    rows = []
    for group in groups:
        control = _tau_control(group.comparison)
        for ce, cells in _table2_rows(group):
            place = group.place | {"ce": ce}
            ours = {mode: rendering.text(cell, signed=True) for mode, cell in cells.items()}
            rows.append(
                place
                | {"source": "ours"}
                | ours
                | {"A/A": rendering.text(control, signed=True)}
                | _counts(group)
            )
            verdicts = {
                mode: rendering.words(judge(cell, control, MARGIN), "lower", "higher", "")
                for mode, cell in cells.items()
            }
            rows.append(place | {"source": "verdict"} | verdicts)
            if (net := group.published_net()) and (paper := published.DELTA_TAU.get((net, ce))):
                texts = {mode: f"{value:+.2f}" for mode, value in paper.items() if mode in cells}
                rows.append(place | {"source": "paper"} | texts)
    return _for_reading(rows)


def _totals(groups: list[_Group]) -> tuple[pd.DataFrame, pd.DataFrame]:
    numbers, reading = [], []
    for group in groups:
        comparison = group.comparison
        reference = comparison.reference
        control = percent_change(comparison.ratio("total_ms", comparison.control, reference))
        for mode in comparison.modes:
            times = {
                name: comparison.mean(f"{name}_ms", mode) for name in ("forward", "backward", "total")
            }
            place = group.place | {"mode": mode}
            numbers += [
                place
                | {"quantity": f"{name}_ms", "mean": cell.mean, "low": cell.low, "high": cell.high}
                | {"processes": cell.count}
                for name, cell in times.items()
            ]
            shown = place | {f"{name}, ms": rendering.text(cell, 3) for name, cell in times.items()}
            if mode == reference:
                reading.append(shown | {"total, %": "reference", "verdict": ""} | _counts(group))
                continue
            change = percent_change(comparison.ratio("total_ms", mode, reference))
            verdict = judge(change, control, MARGIN)
            numbers.append(
                place
                | {"quantity": "total_change_percent", "mean": change.mean}
                | {"low": change.low, "high": change.high, "processes": change.count}
                | {"reference": reference, "verdict": verdict.kind, "within": verdict.within}
            )
            word = (
                "A/A"
                if mode == comparison.control
                else rendering.words(verdict, "faster", "slower", "%")
            )
            reading.append(
                shown | {"total, %": rendering.interval(change), "verdict": word} | _counts(group)
            )
    return pd.DataFrame(numbers), _for_reading(reading)


def _controls(timing: Measurements) -> tuple[pd.DataFrame, pd.DataFrame]:
    numbers, reading = [], []
    samples = {} if timing.runs.empty else dict(iter(with_totals(timing.samples).groupby("run")))
    for run in timing.runs.to_dict("records"):
        comparison = Comparison(samples[run["run"]])
        place = {key: run[key] for key in ("dataset", "net", "device", "settings", "seed")}
        facts = {"processes": run["processes"], "rounds": run["timing.rounds"]}
        row, texts = dict(place) | facts, dict(place) | facts
        for name, cell in (
            ("tau", _tau_control(comparison)),
            (
                "total",
                percent_change(comparison.ratio("total_ms", comparison.control, comparison.reference)),
            ),
        ):
            row |= {f"{name}_mean": cell.mean, f"{name}_low": cell.low, f"{name}_high": cell.high}
            unit = "points" if name == "tau" else "%"
            texts |= {
                f"{name}, {unit}": rendering.interval(cell),
                f"{name} holds 0": "yes" if cell.holds_zero else "no",
            }
        share = run["foreign_cpu_share"]
        numbers.append(row | {"foreign_cpu_share": share, "disturbed": run["disturbed"]})
        reading.append(
            texts
            | {"foreign CPU": f"{share:.1%}", "disturbed": f"{run['disturbed']} of {run['processes']}"}
        )
    return pd.DataFrame(numbers), _for_reading(reading)


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


def _counts(group: _Group) -> dict[str, str]:
    return {"processes": str(group.comparison.processes), "disturbed": group.disturbed}


def _for_reading(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Texts, with modes by their short names, and without columns that tell no row from another."""
    table = pd.DataFrame(rows).fillna("").astype(str)
    table = rendering.without_constants(table, ("settings", "device"))
    last = [column for column in ("processes", "disturbed") if column in table]
    table = table[[column for column in table if column not in last] + last]
    return table.rename(columns=lambda name: name.removeprefix("ce_").removeprefix("isbe_"))
