"""The comparison of two results folders as tidy rows."""

import dataclasses
from collections.abc import Iterable

import pandas as pd

from isbe_bench.analysis.comparing.difference import Difference
from isbe_bench.publication.table import interval_columns


def rows(differences: Iterable[Difference]) -> pd.DataFrame:
    """One row per difference, with numbers in full precision; NaN where a column does not apply."""
    return pd.DataFrame([_row(each) for each in differences], dtype=object)  # integers stay integers


def _row(each: Difference) -> dict[str, object]:
    row: dict[str, object] = {"task": each.key.task, **dict(each.key.where)}
    row |= {"quantity": each.quantity, "mode": each.key.mode, "reference": each.reference}
    row |= {**interval_columns("a", each.a), "a_count": each.a.count}
    row |= {**interval_columns("b", each.b), "b_count": each.b.count}
    if each.difference is None:
        row["ratio"] = each.ratio
    else:
        row |= interval_columns("difference", each.difference)
    row |= {"method": each.method, "verdict": each.verdict, "within": each.within, "words": each.words}
    if each.seeds:
        row |= {f"seeds_{name}": count for name, count in dataclasses.asdict(each.seeds).items()}
    if each.disturbed:
        row |= dict(zip(("disturbed_a", "disturbed_b"), each.disturbed, strict=True))
    return row
