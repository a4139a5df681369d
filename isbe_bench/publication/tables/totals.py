"""Two tables that the paper lacks, from runs of `task=timing`: total times, and A/A controls."""

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.origin import measurement_origin
from isbe_bench.analysis.timings import KEYS, Timings, controls
from isbe_bench.publication.table import Row, Table, interval_columns
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import interval_text, mean_text

_PHASES = ("forward", "backward", "total")


def make(analysis: Analysis) -> list[Table]:
    """Total times and controls."""
    rows = [row for group in analysis.shown_timings for row in _totals(group)]
    control_rows = _controls(analysis)
    return [
        Table.of(
            "timing_totals",
            "Time of both phases",
            rows,
            "Milliseconds of one step's forward and backward phase and of both; total, %: the change of "
            "their total against the first loss, within each round: what a user saves. "
            f"{notes.PROCESSES} {notes.CONTROL} {notes.time_verdicts('faster', 'slower', '%')} "
            f"{notes.DISTURBED}",
            measurement_origin(analysis.shown_timing_runs),
        ),
        Table.of(
            "timing_control",
            "A/A controls",
            control_rows,
            "One row per run: the difference between two entries of the same loss, in points of tau and "
            "in percent of the total, with its 95% Student interval over processes. Of many runs, 95% "
            "are to hold zero. foreign CPU: the largest CPU share of other programs during one "
            "process's measurement. clock, ms: what the clock itself adds to a phase. "
            f"{notes.DISTURBED}",
            measurement_origin(analysis.collection.timing.runs),
        ),
    ]


def _totals(group: Timings) -> list[Row]:
    """The rows of one group, one for each mode."""
    cells = {(cell.quantity, cell.mode): cell for cell in group.cells}
    counts = {"reference": group.comparison.reference, "processes": group.comparison.processes}
    shown = {
        "processes": str(group.comparison.processes),
        "disturbed": f"{group.disturbed} of {group.comparison.processes}",
    }
    rows = []
    for mode in group.comparison.modes:
        numbers, texts = group.where | {"mode": mode}, group.where | {"mode": mode}
        for phase in _PHASES:
            value = cells[f"{phase}_ms", mode].value
            numbers |= interval_columns(f"{phase}_ms", value)
            texts[f"{phase}, ms"] = mean_text(value, 3)
        change = cells.get(("total_percent", mode))
        change_numbers, change_texts = _change(change)
        rows.append(
            (
                numbers | change_numbers | counts | {"disturbed": group.disturbed},
                texts | change_texts | shown,
            )
        )
    return rows


def _change(cell: Cell | None) -> Row:
    """The change of the total; the reference has none."""
    if cell is None:
        return {}, {"total, %": "reference", "verdict": ""}
    numbers = interval_columns("change_percent", cell.value)
    texts = {"total, %": interval_text(cell.value), "verdict": cell.words}
    return numbers | {"verdict": cell.verdict, "within": cell.within}, texts


def _controls(analysis: Analysis) -> list[Row]:
    """One row for each run."""
    rows = []
    for run, tau, total in controls(analysis.collection.timing):
        place = {key: run[key] for key in (*KEYS, "seed")} | {"rounds": run["timing.rounds"]}
        conditions = ("foreign_cpu_share", "clock_ms", "processes", "disturbed")
        numbers = (
            place
            | interval_columns("tau", tau)
            | interval_columns("total_percent", total)
            | {name: run[name] for name in conditions}
        )
        texts = place | {
            "tau, points": interval_text(tau),
            "tau holds 0": _yes(tau.holds_zero),
            "total, %": interval_text(total),
            "total holds 0": _yes(total.holds_zero),
            "foreign CPU": f"{run['foreign_cpu_share']:.1%}",
            "clock, ms": f"{run['clock_ms']:.5f}",
            "processes": str(run["processes"]),
            "disturbed": f"{run['disturbed']} of {run['processes']}",
        }
        rows.append((numbers, texts))
    return rows


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"
