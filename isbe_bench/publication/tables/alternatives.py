"""What one setting does to alpha: trainings that differ only in it and in their seed, side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.origin import training_origin
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.publication.table import Row, Table, interval_columns, pair_columns
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import interval_text, mean_text


@dataclass(frozen=True)
class Alternatives:
    """A table of its own for the values of a setting.

    Attributes
    ----------
    name, caption
        Of the table.
    column
        Of the setting's value.
    key
        The setting.
    reference
        The value that the others are compared with.
    """

    name: str
    caption: str
    column: str
    key: str
    reference: str

    @property
    def note(self) -> str:
        """What the numbers are."""
        return (
            f"{notes.ALPHA} {notes.SEEDS} minus {self.reference}: against the same loss with "
            f"{self.key}={self.reference}, in points: mean over pairs of runs with the same seed, with "
            f"its 95% Student interval. {notes.ACCURACY_VERDICTS}"
        )


_TABLES = (
    Alternatives("precision", "Precision and accuracy", "precision", "device.precision", "float32"),
    Alternatives("optimizers", "Optimisers and accuracy", "optimizer", "optimizer.name", "sgd"),
    Alternatives("schedules", "Schedules and accuracy", "schedule", "schedule.name", "exponential"),
)


def make(analysis: Analysis) -> list[Table]:
    """A table for each setting, with a row for each loss and value that was trained."""
    return [_table(analysis, alternatives) for alternatives in _TABLES]


def _table(analysis: Analysis, alternatives: Alternatives) -> Table:
    every = analysis.alternatives(alternatives.key)
    groups = [group for group in every if alternatives.reference in group.modes]
    runs = [group.runs.assign(mode=group.runs["loss.name"]) for group in groups]
    rows = [row for group in groups for row in _rows(group, alternatives)]
    return Table.of(
        alternatives.name,
        alternatives.caption,
        rows,
        alternatives.note,
        training_origin(pd.concat(runs)) if runs else "",
    )


def _rows(group: Trainings, alternatives: Alternatives) -> Iterator[Row]:
    """Each value in numbers and in texts, the reference first."""
    reference = alternatives.reference
    for value in sorted(group.modes, key=lambda each: each != reference):
        alpha = group.mean(value)
        assert alpha is not None, "a value without a run"
        where = group.where | {"mode": group.runs["loss.name"].iloc[0], alternatives.column: value}
        numbers = where | interval_columns("alpha", alpha) | {"runs": alpha.count}
        texts = where | {"settings": _settings(group), "alpha, %": mean_text(alpha)}
        pair = None if value == reference else group.difference(value, reference)
        if pair:
            numbers |= pair_columns(pair)
            texts |= {
                f"minus {reference}": interval_text(pair.difference),
                "verdict": pair.words,
                "pairs": str(pair.difference.count),
            }
        yield numbers, texts | {"runs": str(alpha.count)}


def _settings(group: Trainings) -> str:
    """The settings that all of its trainings have: each optimiser has some of its own."""
    words = group.other_settings.split()
    return " ".join(word for word in words if group.runs[word.partition("=")[0]].notna().all())
