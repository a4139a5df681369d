"""The type of a table, and its output as CSV for programs, Markdown and LaTeX for readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pandas as pd

from isbe_bench import literal
from isbe_bench.catalogue.losses import label
from isbe_bench.runs.files import write_atomically
from isbe_bench.statistics.intervals import MeanInterval
from isbe_bench.statistics.verdicts import Paired

_LATEX = {
    **{sign: f"\\{sign}" for sign in "_%&#${}"},
    **{"<": "$<$", ">": "$>$"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
}
"""Signs that LaTeX would not print."""
_LAST = ("runs", "processes", "disturbed")

Row = tuple[dict[str, Any], dict[str, Any]]
"""A row with numbers for programs, and the same row with texts for readers."""


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes
    ----------
    name
        The stem of its file names.
    caption
        A short title, such as `Table 3: alpha`.
    numbers
        For programs: one number per cell, in full precision. Empty if there is nothing to show.
    reading
        For readers: texts, short enough for a page.
    note
        What the numbers are, and how they were computed.
    origin
        Hardware, versions and commands, as Markdown.
    missing
        What is still to be measured, such as cells of the paper's table, and the commands, as Markdown.
    """

    name: str
    caption: str
    numbers: pd.DataFrame
    reading: pd.DataFrame
    note: str
    origin: str
    missing: str = ""

    @classmethod
    def of(cls, name: str, caption: str, rows: Sequence[Row], note: str, origin: str) -> Self:
        """The table with these rows."""
        numbers = pd.DataFrame([each for each, _ in rows])
        return cls(name, caption, numbers, reading([texts for _, texts in rows]), note, origin)


def write(table: Table, folder: Path) -> list[Path]:
    """Write `<name>.csv`, `.md` and `.tex`; the files of an empty table are removed."""
    if table.numbers.empty:
        for path in folder.glob(f"{table.name}.*"):  # from runs that no longer exist
            path.unlink()
        return []
    written = []
    for suffix, text in (
        ("csv", table.numbers.to_csv(index=False)),
        ("md", _markdown(table)),
        ("tex", _latex(table)),
    ):
        path = folder / f"{table.name}.{suffix}"
        write_atomically(path, text)
        written.append(path)
    return written


def interval_columns(name: str, cell: MeanInterval) -> dict[str, float]:
    """Columns `<name>`, `<name>_low` and `<name>_high`."""
    return {name: cell.mean, f"{name}_low": cell.low, f"{name}_high": cell.high}


def pair_columns(pair: Paired) -> dict[str, Any]:
    """A difference in points with its interval, margin and verdict."""
    judged = {"margin": pair.margin, "p_same": pair.p_same, "verdict": pair.verdict}
    return interval_columns("points", pair.difference) | judged


def reading(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as texts: modes by label, counts last, without constant `settings` and `device`."""
    if not rows:
        return pd.DataFrame()
    table = (
        without_constants(pd.DataFrame(rows, dtype=object), "settings", "device").fillna("").astype(str)
    )
    last = [column for column in _LAST if column in table]
    return table[[column for column in table if column not in last] + last].rename(columns=label)


def without_constants(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The table without those of the columns that have the same value in all rows with a value."""
    filled = {name: table[name].dropna() for name in columns if name in table}
    constant = [name for name, values in filled.items() if len(set(values)) == 1]
    return table.drop(columns=constant)


def _markdown(table: Table) -> str:
    text = literal.table(table.reading)
    parts = (f"# {table.caption}", text, table.note, table.missing, table.origin)
    return "\n\n".join(part for part in parts if part)


def _latex(table: Table) -> str:
    texts = table.reading.astype(str).map(_in_latex).rename(columns=_in_latex)
    caption = _in_latex(f"{table.caption}. {table.note}")
    text: str = texts.to_latex(index=False, escape=False, caption=caption, label=f"tab:{table.name}")
    return text


def _in_latex(text: str) -> str:
    text = "".join(_LATEX.get(sign, sign) for sign in literal.plain(text))
    return text.replace(" ± ", r" $\pm$ ")
