"""A table for each task that the suite does not ship."""

from itertools import groupby

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.origin import measurement_origin
from isbe_bench.analysis.others import OtherRuns
from isbe_bench.publication.table import Table, interval_columns, reading
from isbe_bench.publication.words import mean_text

_NOTE = "Mean over runs of each run's mean, with the half-width of its 95% Student interval."


def make(analysis: Analysis) -> list[Table]:
    """One table per task, with a row for each subject."""
    return [
        _table(analysis, task, list(groups))
        for task, groups in groupby(analysis.others, lambda group: group.task)
    ]


def _table(analysis: Analysis, task: str, groups: list[OtherRuns]) -> Table:
    numbers, texts = [], []
    for group in groups:
        subjects = list(dict.fromkeys(cell.mode for cell in group.cells))
        cells = {(cell.mode, cell.quantity): cell.value for cell in group.cells}
        for subject in subjects:
            row, words = group.where | {"subject": subject}, group.where | {"subject": subject}
            for quantity, heading in group.headings.items():
                value = cells[subject, quantity]
                row |= interval_columns(quantity, value) | {"runs": value.count}
                words |= {heading: mean_text(value, 4), "runs": str(value.count)}
            numbers.append(row)
            texts.append(words)
    origin = measurement_origin(analysis.collection.measurements[task].runs)
    return Table(f"task_{task}", f"task={task}", pd.DataFrame(numbers), reading(texts), _NOTE, origin)
