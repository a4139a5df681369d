"""Tables that the paper lacks: modes compared in pairs, and agreement on misclassified images."""

import math
from typing import Any

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.origin import training_origin
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.losses import APART, label, together
from isbe_bench.publication.table import Table, interval_columns, without_constants
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import interval_text
from isbe_bench.statistics.intervals import MeanInterval
from isbe_bench.statistics.verdicts import smallest_corrected

_PAIRS = (
    f"{notes.ALPHA} p same: of two one-sided tests against the margin. only {{0}}, "
    "only CE, both: test images that the one, the other or both runs of a seed get wrong, mean over "
    "seeds. McNemar: the smallest p-value of its exact test over seeds, times their number: small where "
    f"one of the two is wrong more often in some pair of runs. {notes.ACCURACY_VERDICTS}"
)
_AGREEMENT = (
    "Of the test images that at least one of two runs classifies wrong, the percentage that both do: "
    "mean over pairs of runs with the same seed. On the diagonal: runs of one mode with neighbouring "
    "seeds, which share neither first weights nor batches; larger values mean more agreement than "
    "between two trainings of one mode."
)


def make(analysis: Analysis) -> list[Table]:
    """The tables `accuracy_pairs` and `agreement`."""
    runs = analysis.plain_runs
    origin = training_origin(runs[~runs["mode"].isin(APART)]) if analysis.shown else ""
    numbers = pd.DataFrame([row for group in analysis.shown for row in _pairs(group)])
    modes = [] if numbers.empty else numbers["mode"].tolist()
    compared = together(modes)
    shares = pd.DataFrame([row for group in analysis.shown for row in _agreement(group)])
    return [
        Table(
            "accuracy_pairs",
            f"{compared} against cross-entropy, in pairs",
            numbers,
            _pair_texts(numbers, compared),
            f"{notes.pairs(modes)} {_PAIRS.format(compared)}",
            origin,
        ),
        Table(
            "agreement", "Agreement on wrong images", shares, _percentages(shares), _AGREEMENT, origin
        ),
    ]


def _pairs(group: Trainings) -> list[dict[str, Any]]:
    rows = []
    for cell in group.cells:
        if cell.reference is None:
            continue
        pair = group.difference(cell.mode, cell.reference)
        assert pair is not None, "a cell without a pair"
        images = group.images.discordant(cell.mode, cell.reference)
        rows.append(
            group.where
            | {"ce": label(cell.reference), "mode": cell.mode}
            | interval_columns("points", pair.difference)
            | {"margin": pair.margin, "p_same": pair.p_same, "p_not_below": pair.p_not_below}
            | {name: images[name].mean() for name in ("only_mode", "only_reference", "both")}
            | {"mcnemar": smallest_corrected(images["p"].tolist())}
            | {"runs": pair.difference.count, "verdict": pair.verdict}
        )
    return rows


def _pair_texts(numbers: pd.DataFrame, compared: str) -> pd.DataFrame:
    """The rows for readers; `compared` is what the losses are called together."""
    rows = []
    for row in numbers.to_dict("records"):
        points = MeanInterval(row["points"], row["points_low"], row["points_high"], row["runs"])
        rows.append(
            {key: str(row[key]) for key in ("dataset", "net", "epochs", "settings", "ce")}
            | {compared: label(row["mode"]), "points": interval_text(points)}
            | {
                "margin": f"{row['margin']:g}",
                "p same": "-" if math.isnan(points.low) else f"{row['p_same']:.3f}",
                "verdict": row["verdict"],
                f"only {compared}": f"{row['only_mode']:.1f}",
                "only CE": f"{row['only_reference']:.1f}",
                "both": f"{row['both']:.1f}",
                "McNemar": f"{row['mcnemar']:.2g}",
                "runs": str(row["runs"]),
            }
        )
    return without_constants(pd.DataFrame(rows), "settings")


def _agreement(group: Trainings) -> list[dict[str, Any]]:
    if group.apart or len(group.modes) < 2:
        return []
    agreement = group.images.agreement
    return [
        group.where | {"mode": mode} | {other: agreement(mode, other) for other in group.modes}
        for mode in group.modes
    ]


def _percentages(shares: pd.DataFrame) -> pd.DataFrame:
    if shares.empty:
        return shares
    columns = list(map(str, shares))
    modes = columns[columns.index("mode") + 1 :]
    table = shares.copy()
    table[modes] = shares[modes].map(lambda share: "-" if math.isnan(share) else f"{100 * share:.0f}%")
    table["mode"] = shares["mode"].map(label)
    return without_constants(table, "settings").rename(columns=label)
