"""The loss head alone, from runs of `task=head`: time and memory from scores to gradient."""

import math
from typing import Any

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.heads import Heads
from isbe_bench.analysis.origin import measurement_origin
from isbe_bench.publication.table import Table, interval_columns, without_constants
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import interval_text, mean_text

_NOTE = (
    "Milliseconds from scores of (batch, classes) to their gradient, mean over processes of each "
    "process's median over rounds, with the half-width of its 95% Student interval. change, %: "
    "against the first way, within each round. copy: what copying the scores takes in the same "
    "rounds, for a gradient has to read and write as many bytes; products: where the head begins at "
    "features, the matrix products of its linear layer; times floor: time over that of either. memory: "
    "peak memory beyond what the head begins with, its gradients included, over the scores' own size. "
    "error: the largest distance of its gradient from that in float64. "
    "A/A: the first way entered a second time. "
    f"{notes.time_verdicts('faster', 'slower', '%')} {notes.DISTURBED}"
)


def make(analysis: Analysis) -> list[Table]:
    """One table with a row for each size and way."""
    rows = [row for group in analysis.heads for row in _rows(group)]
    texts = pd.DataFrame([texts for _, texts in rows])
    return [
        Table(
            "head",
            "The loss head alone",
            pd.DataFrame([numbers for numbers, _ in rows]),
            without_constants(texts, "settings", "device"),
            _NOTE,
            measurement_origin(analysis.collection.head.runs),
        )
    ]


def _error_text(error: float) -> str:
    """Empty in runs that did not record it."""
    return "" if math.isnan(error) else f"{error:.1g}"


def _rows(group: Heads) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows of one group, each with numbers for programs and texts for readers."""
    processes = group.comparison.processes
    cells = {(cell.quantity, cell.mode): cell for cell in group.cells}
    rows = []
    for way in group.comparison.modes:
        time, change, floor = (
            cells[quantity, way] for quantity in ("gradient_ms", "change_percent", "times_floor")
        )
        numbers = (
            group.where
            | {"disturbed": group.disturbed, "mode": way, "processes": processes}
            | {"memory_ratio": group.memory[way], "error": group.errors[way]}
            | interval_columns("ms", time.value)
            | interval_columns("change_percent", change.value)
            | interval_columns("times_floor", floor.value)
            | {"verdict": change.verdict, "within": change.within}
        )
        is_reference = way == change.reference
        texts = group.where | {
            "mode": way,
            "ms": mean_text(time.value, 4 if time.value.mean < 1 else 2),
            "change, %": "reference" if is_reference else interval_text(change.value, 1),
            "verdict": change.words,
            "times floor": f"{floor.value.mean:.2f}",
            "memory": f"{group.memory[way]:.2f}",
            "error": _error_text(group.errors[way]),
            "processes": str(processes),
            "disturbed": f"{group.disturbed} of {processes}",
        }
        rows.append((numbers, texts))
    return rows
