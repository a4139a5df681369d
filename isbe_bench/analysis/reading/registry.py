"""The tasks and their files, as far as reading them back needs to know."""

import dataclasses
from collections.abc import Mapping

from isbe_bench.runs import rows


@dataclasses.dataclass(frozen=True)
class Task:
    """A task.

    Attributes
    ----------
    files
        The CSV files of its runs, by name, each with the dataclass of its rows; the first is what its
        records keep.
    """

    files: Mapping[str, type]


_TASKS = {
    "train": Task({rows.EPOCHS: rows.Epoch, rows.PREDICTIONS: rows.Prediction}),
    "timing": Task({rows.TIMING: rows.TimingSample, rows.PROCESSES: rows.Conditions}),
    "head": Task({rows.HEAD: rows.HeadSample, rows.PROCESSES: rows.Conditions}),
    "theory": Task({rows.THEORY: rows.StatementCheck}),
}


def names() -> tuple[str, ...]:
    """All tasks."""
    return tuple(_TASKS)


def find(name: str) -> Task:
    """The task of a name."""
    return _TASKS[name]
