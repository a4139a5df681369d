"""What a lower precision does to alpha: trainings that differ only in `device.precision` and seed."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.origin import training_origin
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.publication.table import Table, interval_columns, reading
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import interval_text, mean_text

_REFERENCE = "float32"
_NOTE = (
    f"{notes.ALPHA} {notes.SEEDS} minus {_REFERENCE}: against the same loss in {_REFERENCE}, in points: "
    "mean over pairs of runs with the same seed, with its 95% Student interval. "
    f"{notes.ACCURACY_VERDICTS}"
)


def make(analysis: Analysis) -> list[Table]:
    """The table `precision`: a row for each loss and precision that was trained beside float32."""
    groups = [group for group in analysis.precisions if _REFERENCE in group.modes]
    runs = [group.runs.assign(mode=group.runs["loss.name"]) for group in groups]
    rows = [row for group in groups for row in _rows(group)]
    return [
        Table(
            "precision",
            "Precision and accuracy",
            pd.DataFrame([numbers for numbers, _ in rows]),
            reading([texts for _, texts in rows]),
            _NOTE,
            training_origin(pd.concat(runs)) if runs else "",
        )
    ]


def _rows(group: Trainings) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each precision in numbers and in texts, the reference first."""
    for precision in sorted(group.modes, key=lambda each: each != _REFERENCE):
        alpha = group.mean(precision)
        assert alpha is not None, "a precision without a run"
        where = group.where | {"mode": group.runs["loss.name"].iloc[0], "precision": precision}
        numbers = where | interval_columns("alpha", alpha) | {"runs": alpha.count}
        texts = where | {"settings": group.other_settings, "alpha, %": mean_text(alpha)}
        pair = None if precision == _REFERENCE else group.difference(precision, _REFERENCE)
        if pair:
            numbers |= interval_columns("points", pair.difference)
            numbers |= {"margin": pair.margin, "p_same": pair.p_same, "verdict": pair.verdict}
            texts |= {
                f"minus {_REFERENCE}": interval_text(pair.difference),
                "verdict": pair.words,
                "pairs": str(pair.difference.count),
            }
        yield numbers, texts | {"runs": str(alpha.count)}
