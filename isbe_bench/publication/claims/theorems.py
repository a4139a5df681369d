"""Claims that `task=theory` decides: theorems, and other statements on functions."""

from collections.abc import Iterable, Sequence

import pandas as pd

from isbe_bench.analysis import Analysis, origin
from isbe_bench.publication.claim import Basis, Claim, Finding
from isbe_bench.publication.claims.judging import judge

_STATEMENTS = {
    "gradient": ("theorem1.4", "theorem1.4a", "theorem1.4b", "theorem1.4c"),
    "as_printed": ("theorem1.1", "theorem1.2", "theorem1.4d"),
    "dilated": ("theoremA1.2", "theoremA1.2.factored", "theoremA1.3"),
    "equivalence": ("theoremA1", "theoremA1.proof"),
    "excluded": ("theoremA1.exclusion",),
    "order": ("section3.monotonic", "section3.limited"),
    "lipschitz": ("section3.lipschitz",),
    "close": ("section3.close",),
    "only_softmax": ("section5.explosion", "section5.suppression"),
}
"""The statements of `theory.csv` that each claim consists of."""
_NONE = Basis("none", ["isbe-bench task=theory"])
_KEYS = ["statement", "subject"]
_NOT_CLAIMED = ("hardsigmoid_section_4", "normalize")
"""Functions that are checked with the others, but that the paper does not name."""


def make(analysis: Analysis) -> Iterable[Claim]:
    """All such claims of the first paper."""
    return (of_statements(analysis, name, statements) for name, statements in _STATEMENTS.items())


def of_statements(
    analysis: Analysis, name: str, statements: Sequence[str], source: str = "skarbek"
) -> Claim:
    """A claim that consists of these statements; `name` and `source` as for `judge`."""
    runs, checks = analysis.collection.theory.runs, analysis.collection.theory.samples
    basis = _NONE
    if not runs.empty:
        draws = checks.drop_duplicates(["run", "classes"])["samples"].sum()
        basis = Basis(f"{draws} random draws in float64", origin.measurement_commands(runs))
    rows = checks[checks["statement"].isin(statements) & ~checks["subject"].isin(_NOT_CLAIMED)]
    findings = [_finding(checks) for _, checks in rows.groupby(_KEYS, sort=False)]
    return judge(name, findings, basis if findings else _NONE, source)


def _finding(checks: pd.DataFrame) -> Finding:
    """The finding on one statement and function, from its worst number of classes."""
    smallest_first = checks["relation"].iloc[0] == ">"
    worst = checks.sort_values("value", ascending=smallest_first).iloc[0]
    classes = ", ".join(map(str, checks["classes"].drop_duplicates()))
    where = f"{worst['statement']}, {worst['subject']}, K = {classes}"
    evidence = f"{worst['quantity']}: {_number(worst['value'])}"
    if not checks["holds"].all():
        return Finding(where, "does not hold", f"{evidence}; {worst['note']}")
    return Finding(where, "holds", evidence)


def _number(value: float) -> str:
    """A number with two digits, or its distance from 1 if it is just below 1."""
    return f"1 - {1 - value:.1g}" if 0.99 < value < 1 else f"{value:.2g}"
