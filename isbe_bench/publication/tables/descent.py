"""Batch, mini-batch and online descent at equal numbers of gradients: `experiment=descent`."""

from collections.abc import Iterator

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.descent import Descent
from isbe_bench.analysis.origin import training_origin
from isbe_bench.publication.table import Row, Table, interval_columns
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import interval_text, mean_text, ratio_text
from isbe_bench.statistics.intervals import mean_interval

_NOTE = (
    "Every batch size takes as many gradients: one of each training image an epoch; smaller batches "
    "take more steps for them. lr: of those tried, the rate with the lowest loss on the "
    "validation images (the table tune goes by accuracy); at the edge: it is the lowest or the highest "
    "of them. training loss: after the "
    f"last epoch. {notes.ALPHA} {notes.MEAN}. ratio: of training losses, geometric mean over pairs of "
    "runs with the same seed, with its 95% interval, and points: difference of alpha, both against the "
    f"largest batch. {notes.ACCURACY_VERDICTS}"
)


def make(analysis: Analysis) -> list[Table]:
    """The table `descent`: a row for each batch size, the largest last."""
    rows = [row for each in analysis.descents for row in _rows(each)]
    runs = [each.runs for each in analysis.descents]
    return [
        Table.of(
            "descent",
            "Batch size at equal numbers of gradients",
            rows,
            _NOTE,
            training_origin(pd.concat(runs)) if runs else "",
        )
    ]


def _rows(descent: Descent) -> Iterator[Row]:
    """Each batch size in numbers and in texts."""
    largest = descent.sizes[-1]
    for size in descent.sizes:
        alpha = mean_interval(descent.final(size, "test_accuracy").tolist())
        where = descent.where | {"mode": descent.mode, "batch_size": size, "lr": descent.rate(size)}
        numbers = (
            where | {"edge": descent.edge(size)} | interval_columns("train_loss", descent.loss(size))
        )
        numbers |= interval_columns("alpha", alpha) | {"runs": alpha.count}
        texts = where | {
            "lr": f"{descent.rate(size):g}",
            "at the edge": descent.edge(size) or "no",
            "training loss": mean_text(descent.loss(size), 3),
            "alpha, %": mean_text(alpha),
        }
        if size != largest and (ratio := descent.loss_ratio(size, largest)):
            pair = descent.difference(size, largest)
            assert pair is not None, "pairs of losses, but not of accuracies"
            numbers |= interval_columns("ratio", ratio) | interval_columns("points", pair.difference)
            numbers |= {"margin": pair.margin, "verdict": pair.verdict}
            texts |= {
                "ratio": ratio_text(ratio, 3),
                "points": interval_text(pair.difference),
                "verdict": pair.words,
            }
        yield numbers, texts | {"runs": str(alpha.count)}
