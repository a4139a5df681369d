"""Early stopping beside the whole training: `experiment=stopping`."""

from collections.abc import Iterator

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.origin import training_origin
from isbe_bench.analysis.stopping import Stops
from isbe_bench.publication.table import Row, Table, interval_columns
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import interval_text, mean_text
from isbe_bench.statistics.intervals import mean_interval

_NOTE = (
    "stopped: the epoch after which train.stop ends a training, mean over seeds; kept: the epoch whose "
    "weights it keeps; met: trainings in which a criterion was met. at the stop, "
    "at the end: percent of the test images classified correctly with the kept weights, and after the "
    f"last epoch. {notes.MEAN}. points: at the stop minus at the end, of the same training. "
    f"{notes.ACCURACY_VERDICTS}"
)


def make(analysis: Analysis) -> list[Table]:
    """The table `stopping`: a row for each loss of each group of trainings that can stop."""
    rows = [row for stops in analysis.stops for row in _rows(stops)]
    runs = [each.group.runs[each.group.runs["run"].isin(each.rows["run"])] for each in analysis.stops]
    return [
        Table.of(
            "stopping",
            "Early stopping",
            rows,
            _NOTE,
            training_origin(pd.concat(runs)) if runs else "",
        )
    ]


def _rows(stops: Stops) -> Iterator[Row]:
    """Each mode in numbers and in texts."""
    for mode in stops.modes:
        rows = stops.of(mode)
        met = int((rows["criterion"] != "").sum())
        means = {name: mean_interval(rows[name].tolist()) for name in ("epoch", "kept", "at_stop")}
        where = stops.group.where | {"mode": mode}
        numbers = where | {"met": met}
        for name, cell in means.items():
            numbers |= interval_columns(name, cell)
        texts = where | {
            "settings": stops.group.other_settings,
            "stopped": mean_text(means["epoch"], 1),
            "kept": mean_text(means["kept"], 1),
            "met": f"{met} of {len(rows)}",
            "at the stop, %": mean_text(means["at_stop"]),
        }
        if pair := stops.difference(mode):
            at_end = mean_interval(rows["at_end"].dropna().tolist())
            numbers |= interval_columns("at_end", at_end) | interval_columns("points", pair.difference)
            numbers |= {"margin": pair.margin, "verdict": pair.verdict}
            texts |= {
                "at the end, %": mean_text(at_end),
                "points": interval_text(pair.difference),
                "verdict": pair.words,
            }
        yield numbers | {"runs": len(rows)}, texts | {"runs": str(len(rows))}
