"""Tables that the paper lacks: recall by class, and top-5 accuracy with more than 10 classes."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.origin import training_origin
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.catalogue.losses import LOSSES
from isbe_bench.publication.table import Table, interval_columns, reading
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import count_text, mean_text
from isbe_bench.settings.words import plural
from isbe_bench.statistics.intervals import MeanInterval, mean_interval

_MOST = 20
"""Classes of a group that the form for readers shows."""

_RECALL = (
    "Recall: percent of the class's test images that are classified right by the final weights. "
    f"{notes.MEAN}. A class is its number, from 0; in a folder of images the classes "
    f"are in the order of their folders' names. Of a data set with more than {_MOST} classes, the "
    f"{_MOST} with the lowest recall are shown; all are in the CSV file."
)
_TOP5 = (
    "Percent of the test images whose label is among the five classes with the largest scores after "
    f"the last epoch, for data sets with more than 10 classes. {notes.MEAN}."
)

Recalls = dict[tuple[str, int], MeanInterval]
"""Mean recall over seeds, by mode and class."""


def make(analysis: Analysis) -> list[Table]:
    """The tables `recall_by_class` and `top5`."""
    runs = analysis.plain_runs
    recalls = {group: _recalls(group) for group in analysis.shown}
    with_top5 = [group for group in analysis.shown if any(map(group.top5, group.modes))]
    counted, ranked = (runs[runs[name].notna()] if len(runs) else runs for name in _COLUMNS)
    return [
        Table(
            "recall_by_class",
            "Recall by class",
            pd.DataFrame([row for group in recalls for row in _numbers(group, recalls[group])]),
            reading([row for group in recalls for row in _texts(group, recalls[group])]),
            f"{_RECALL}{_without(len(runs) - len(counted))}",
            training_origin(counted) if len(counted) else "",
        ),
        Table(
            "top5",
            "Top-5 accuracy",
            pd.DataFrame([row for group in with_top5 for row in _top5_numbers(group)]),
            reading(list(map(_top5_texts, with_top5))),
            _TOP5,
            training_origin(ranked) if len(ranked) else "",
        ),
    ]


_COLUMNS = ("class_images", "top5")
"""What a run must have recorded to be in the one table, and in the other."""


def _without(runs: int) -> str:
    """A note of the runs that have no recall."""
    if not runs:
        return ""
    return f" Left out: {plural(runs, 'training')} recorded without the numbers of images by class."


def _recalls(group: Trainings) -> Recalls:
    values = group.images.recall().reset_index().melt(["mode", "seed"], var_name="class").dropna()
    by_class = values.groupby(["mode", "class"])["value"]
    cells: dict[Any, MeanInterval] = {key: mean_interval(each.tolist()) for key, each in by_class}
    return dict(sorted(cells.items(), key=lambda each: (LOSSES.place(each[0][0]), each[0][1])))


def _numbers(group: Trainings, recalls: Recalls) -> Iterator[dict[str, Any]]:
    for (mode, label), cell in recalls.items():
        place = group.where | {"class": label, "name": _name(group.dataset, label), "mode": mode}
        yield place | interval_columns("recall", cell) | {"runs": cell.count}


def _texts(group: Trainings, recalls: Recalls) -> Iterator[dict[str, Any]]:
    """A row for each class, in order; of many classes, those with the lowest recall."""
    cells: dict[int, dict[str, MeanInterval]] = {}
    for (mode, label), cell in recalls.items():
        cells.setdefault(label, {})[mode] = cell
    shown = sorted(cells, key=lambda label: min(cell.mean for cell in cells[label].values()))
    for label in sorted(shown[:_MOST]):
        place = group.where | {"class": _name(group.dataset, label)}
        values = {mode: mean_text(cells[label].get(mode)) for mode in group.modes}
        counts = [cell.count for cell in cells[label].values()]
        yield place | values | {"runs": count_text(counts)}


def _name(dataset: str, label: int) -> str:
    """The name of a class where the suite knows it, else its number."""
    names = DATASETS[dataset].classes if dataset in DATASETS else ()
    return names[label] if label < len(names) else str(label)


def _top5_numbers(group: Trainings) -> Iterator[dict[str, Any]]:
    for mode in group.modes:
        if cell := group.top5(mode):
            row = group.where | {"mode": mode} | interval_columns("top5", cell)
            yield row | {"runs": cell.count}


def _top5_texts(group: Trainings) -> dict[str, Any]:
    cells = {mode: cell for mode in group.modes if (cell := group.top5(mode))}
    values = {mode: mean_text(cell) for mode, cell in cells.items()}
    return group.where | values | {"runs": count_text([cell.count for cell in cells.values()])}
