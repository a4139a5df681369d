"""Gradients by hand beside autograd: the table `oracle`."""

from typing import Any

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.origin import measurement_origin
from isbe_bench.publication.table import Row, Table

_KEYS = ["dataset", "net", "settings", "loss"]
_NOTE = (
    "Back-propagation worked out by hand in NumPy and float64 (Tomasi 2019, Algorithm 1), beside "
    "autograd on the same weights, batches and masks of dropout. gradient: largest deviation of an "
    "entry of a gradient, relative to the largest entry of its weight, over all weights. epoch: the "
    "same of what the weights change in an epoch of plain gradient descent, each side by its own "
    "gradients; steps: how many there were, fewer where a training diverged. as printed: weights that "
    "get no gradient where the algorithm is taken to the letter, since its loop over the layers ends at "
    "the second. Of several runs, the largest numbers, and the fewest steps."
)


def make(analysis: Analysis) -> list[Table]:
    """The table `oracle`: a row for each network and loss mode."""
    measured = analysis.collection.measurements["oracle"]
    if measured.runs.empty:
        return []
    places = measured.runs[["run", *_KEYS[:3]]]
    checks = measured.samples.merge(places, on="run").sort_values(_KEYS[:3], kind="stable")
    rows = [_row(keys, group) for keys, group in checks.groupby(_KEYS, sort=False)]
    return [
        Table.of(
            "oracle",
            "Gradients by hand beside autograd",
            rows,
            _NOTE,
            measurement_origin(measured.runs),
        )
    ]


def _row(keys: Any, checks: pd.DataFrame) -> Row:
    where = dict(zip(_KEYS, keys, strict=True))
    worst = checks.groupby("check")["value"].max()
    agrees = bool(checks.loc[checks["check"] != "as_printed", "holds"].all())
    runs = checks["run"].nunique()
    steps = int(checks.loc[checks["check"] == "epoch", "steps"].min())
    numbers = where | {name: float(worst[name]) for name in ("gradient", "epoch", "as_printed")}
    texts = where | {
        "gradient": f"{worst['gradient']:.1e}",
        "epoch": f"{worst['epoch']:.1e}",
        "steps": str(steps),
        "agree": "yes" if agrees else "no",
        "as printed": f"{worst['as_printed']:.0f}",
        "runs": str(runs),
    }
    return numbers | {"steps": steps, "agree": int(agrees), "runs": runs}, texts
