"""What the paper left open: whether modes are equal, and whether they are wrong on the same images."""

import math
from typing import Any

import pandas as pd

from isbe_bench.analysis import accuracy, origin
from isbe_bench.analysis.accuracy import Accuracies
from isbe_bench.analysis.collection import Collection
from isbe_bench.catalogue.losses import CROSS_ENTROPY, ISBE, MODES
from isbe_bench.publication.tables import rendering
from isbe_bench.publication.tables.alpha import ALPHA, PAIRED, VERDICTS
from isbe_bench.publication.tables.rendering import Table
from isbe_bench.statistics.intervals import smallest_corrected

_PAIRS = (
    f"{PAIRED} {ALPHA} p same: of two one-sided tests against the margin. only ISBE, only CE, both: "
    "test images that the one, the other or both runs of a seed get wrong, mean over seeds. McNemar: "
    "the smallest p-value of its exact test over seeds, times their number: small where one of the two "
    f"is wrong more often in some pair of runs. {VERDICTS}"
)
_AGREEMENT = (
    "Of the test images that at least one of two runs classifies wrong, the percentage that both do: "
    "mean over pairs of runs with the same seed. On the diagonal: of runs of one mode with neighbouring "
    "seeds, which share neither first weights nor batches; what is above it agrees more than two "
    "trainings of one mode do."
)


def make(collection: Collection) -> list[Table]:
    """ISBE and cross-entropy in pairs, and who is wrong on the same images as whom."""
    groups = list(accuracy.groups(collection))
    runs = collection.runs
    where = origin.of_trainings(runs[runs["mode"].isin(MODES)]) if groups else ""
    numbers = pd.DataFrame([row for group in groups for row in _pairs(group)])
    shares = pd.DataFrame([row for group in groups for row in _agreement(group)])
    return [
        Table(
            "accuracy_pairs",
            "ISBE against cross-entropy, in pairs",
            numbers,
            _words(numbers),
            _PAIRS,
            where,
        ),
        Table("agreement", "Agreement on wrong images", shares, _percent(shares), _AGREEMENT, where),
    ]


def _pairs(group: Accuracies) -> list[dict[str, Any]]:
    rows = []
    for ce in CROSS_ENTROPY:
        for mode in ISBE:
            if not (pair := group.difference(mode, ce)):
                continue
            images = group.discordant(mode, ce)
            rows.append(
                group.place
                | {"ce": ce.removeprefix("ce_"), "mode": mode}
                | rendering.numbers("points", pair.difference)
                | {"margin": pair.margin, "p_same": pair.p_same, "p_not_below": pair.p_not_below}
                | {name: images[name].mean() for name in ("only_mode", "only_reference", "both")}
                | {"mcnemar": smallest_corrected(images["p"].tolist())}
                | {"runs": pair.difference.count, "verdict": pair.verdict}
            )
    return rows


def _words(numbers: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in numbers.to_dict("records"):
        few = math.isnan(row["points_low"])
        interval = "" if few else f" [{row['points_low']:+z.2f}, {row['points_high']:+z.2f}]"
        rows.append(
            {key: str(row[key]) for key in ("dataset", "net", "epochs", "settings", "ce")}
            | {"ISBE": row["mode"].removeprefix("isbe_"), "points": f"{row['points']:+z.2f}{interval}"}
            | {"margin": f"{row['margin']:g}", "p same": "-" if few else f"{row['p_same']:.3f}"}
            | {"verdict": row["verdict"]}
            | {
                words: f"{row[name]:.1f}"
                for words, name in (
                    ("only ISBE", "only_mode"),
                    ("only CE", "only_reference"),
                    ("both", "both"),
                )
            }
            | {"McNemar": f"{row['mcnemar']:.2g}", "runs": str(row["runs"])}
        )
    return rendering.without_constants(pd.DataFrame(rows), ("settings",))


def _agreement(group: Accuracies) -> list[dict[str, Any]]:
    modes = [mode for mode in group.modes if mode in MODES]
    if len(modes) < 2:
        return []
    return [
        group.place
        | {"mode": mode}
        | {other: group.agreement(mode, other) for other in MODES if other in modes}
        for mode in modes
    ]


def _percent(shares: pd.DataFrame) -> pd.DataFrame:
    if shares.empty:
        return shares
    modes = [mode for mode in MODES if mode in shares]
    table = shares.copy()
    table[modes] = shares[modes].map(lambda share: "-" if math.isnan(share) else f"{100 * share:.0f}%")
    table["mode"] = shares["mode"].map(rendering.short)
    return rendering.without_constants(table, ("settings",)).rename(columns=rendering.short)
