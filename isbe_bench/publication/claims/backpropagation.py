"""Claims of Tomasi 2019 on back-propagation, from `task=oracle`."""

from collections.abc import Iterable, Iterator

import pandas as pd

from isbe_bench.analysis import Analysis, origin
from isbe_bench.publication.claim import Basis, Claim, Finding
from isbe_bench.publication.claims.judging import judge
from isbe_bench.settings.words import plural

_CHECKS = {"gradient": ("gradient", "epoch"), "as_printed": ("as_printed",)}
"""The checks of `oracle.csv` that each claim consists of."""


def make(analysis: Analysis) -> Iterable[Claim]:
    """Both claims."""
    measured = analysis.collection.measurements["oracle"]
    runs = measured.runs
    basis = Basis("none", ["isbe-bench experiment=oracle"])
    checks = pd.DataFrame(columns=["check"])
    if not runs.empty:
        checks = measured.samples.merge(runs[["run", "dataset", "net", "settings"]], on="run")
        compared = plural(len(checks.drop_duplicates(["run", "loss"])), "loss mode")
        basis = Basis(f"{compared} in {plural(len(runs), 'run')}", origin.measurement_commands(runs))
    for name, of_claim in _CHECKS.items():
        rows = checks[checks["check"].isin(of_claim)]
        yield judge(name, list(_findings(rows)), basis, "tomasi")


def _findings(checks: pd.DataFrame) -> Iterator[Finding]:
    """A finding for each network, from its worst loss mode and settings."""
    if checks.empty:
        return
    for (dataset, net), rows in checks.groupby(["dataset", "net"]):
        worst = rows.sort_values("value", kind="stable").iloc[-1]
        words = f"{worst['quantity']}: {worst['value']:.2g}, {worst['note']}"
        if worst["check"] != "as_printed":  # the same under each loss
            words += f", under {worst['loss']}"
        words += f" ({worst['settings']})" if worst["settings"] else ""
        holds = bool(rows["holds"].all())
        yield Finding(f"{net} on {dataset}", "holds" if holds else "does not hold", words)
