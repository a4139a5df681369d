"""How a table is written: CSV for machines, Markdown and LaTeX for reading."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from isbe_bench.runs.files import write_atomically
from isbe_bench.statistics.intervals import MeanInterval, Paired, Verdict

MARGIN = 1.0
"""The smallest change of time that matters, in points of tau or percent; the paper speaks of 3."""


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes
    ----------
    name
        The stem of its files.
    caption
        What it shows, in a few words, as in `Table 3: alpha`.
    numbers
        For machines: full precision, a number a cell. Empty where there is nothing to show.
    reading
        For people: texts, short enough for a page.
    note
        What the numbers are and how they came about.
    origin
        Hardware, versions and commands, as Markdown.
    missing
        What the paper's table has and this one has not, and the command that fills it, as Markdown.
    """

    name: str
    caption: str
    numbers: pd.DataFrame
    reading: pd.DataFrame
    note: str
    origin: str
    missing: str = ""


def write(table: Table, folder: Path) -> list[Path]:
    """Write `<name>.csv`, `.md` and `.tex`; those of an empty table are removed."""
    if table.numbers.empty:
        for path in folder.glob(f"{table.name}.*"):  # of runs that are no more
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


def text(cell: MeanInterval | None, digits: int = 2, signed: bool = False) -> str:
    """`99.29 ± 0.08`: a mean with the half-width of its interval; `-` where nothing was measured."""
    if cell is None:
        return "-"
    mean = f"{cell.mean:+z.{digits}f}" if signed else f"{cell.mean:.{digits}f}"
    return mean if cell.count < 2 else f"{mean} ± {cell.half_width:.{digits}f}"


def numbers(name: str, cell: MeanInterval) -> dict[str, float]:
    """Columns `<name>`, `<name>_low` and `<name>_high`."""
    return {name: cell.mean, f"{name}_low": cell.low, f"{name}_high": cell.high}


def interval(cell: MeanInterval, digits: int = 2) -> str:
    """`-0.31 [-0.42, -0.20]`: a difference with its interval; a single value has none."""
    if cell.count < 2:
        return f"{cell.mean:+z.{digits}f}"
    return f"{cell.mean:+z.{digits}f} [{cell.low:+z.{digits}f}, {cell.high:+z.{digits}f}]"


def words(verdict: Verdict, less: str, more: str, unit: str) -> str:
    """A verdict in the words of its quantity; it says where a difference is below what matters."""
    small = f" (<{MARGIN:g}{unit})" if verdict.within < MARGIN else ""
    words = {
        "less": f"{less}{small}",
        "more": f"{more}{small}",
        "same": f"same within {verdict.within:.2f}{unit}",
    }
    return words.get(verdict.kind, verdict.kind)


def without_constants(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Without those of the columns that tell no row from another."""
    constant = [name for name in columns if name in table and len(set(table[name])) == 1]
    return table.drop(columns=constant)


def accuracy_words(pair: Paired) -> str:
    """A verdict on accuracies, with its margin where that makes it."""
    return f"same within {pair.margin:g}" if pair.verdict == "same" else pair.verdict


def short(column: str) -> str:
    """A loss mode as the paper's tables head its column."""
    return column.removeprefix("ce_").removeprefix("isbe_")


def for_reading(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Texts, modes by their short names, counts at the end, without settings that are all the same."""
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows).fillna("").astype(str)
    last = [column for column in ("runs", "processes", "disturbed") if column in table]
    table = table[[column for column in table if column not in last] + last]
    return without_constants(table, ("settings", "device")).rename(columns=short)


def _markdown(table: Table) -> str:
    text = table.reading.to_markdown(index=False, disable_numparse=True)
    parts = (f"# {table.caption}", text, table.note, table.missing, table.origin)
    return "\n\n".join(part for part in parts if part)


def _latex(table: Table) -> str:
    reading = table.reading.astype(str)
    reading = reading.map(_in_latex).rename(columns=_in_latex)
    caption = _in_latex(f"{table.caption}. {table.note}")
    text: str = reading.to_latex(index=False, escape=False, caption=caption, label=f"tab:{table.name}")
    return text


def _in_latex(text: str) -> str:
    for before, after in (("_", r"\_"), ("%", r"\%"), ("<", "$<$"), (" ± ", r" $\pm$ ")):
        text = text.replace(before, after)
    return text
