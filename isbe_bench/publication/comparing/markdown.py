"""The comparison of two results folders as Markdown."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import pandas as pd

from isbe_bench import literal
from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.comparing import Compared
from isbe_bench.analysis.comparing.difference import Difference, Key
from isbe_bench.analysis.comparing.origins import OriginDifference, frames
from isbe_bench.analysis.origin import facts
from isbe_bench.literal import in_markdown
from isbe_bench.publication.comparing.layouts import CHECKS, LAYOUTS, ONLY_IN_CSV, Layout, own
from isbe_bench.publication.words import interval_text, mean_text
from isbe_bench.settings.words import plural


def markdown(compared: Compared, folders: Sequence[tuple[str, Collection]]) -> str:
    """Origin first, then a table for each quantity, then what only one folder has, and notes.

    `folders` are A and B, each with its name.
    """
    parts = ["# B against A"]
    for letter, (name, collection) in zip("AB", folders, strict=True):
        lines = [f"- {task}: {in_markdown(facts(runs))}" for task, runs in frames(collection).items()]
        parts.append("\n".join([f"{letter} is {in_markdown(name)}", "", *lines]))
    parts += _origins(compared.origins)
    notes: dict[str, None] = {}
    for layout, differences in _tables(compared.differences):
        if layout in CHECKS.values():
            parts += _checks(differences, layout)
        else:
            parts += [f"## {layout.title}", _table(differences, layout)]
        notes |= dict.fromkeys(layout.notes)
    for letter, keys in (("A", compared.only_a), ("B", compared.only_b)):
        if keys:
            parts += [f"## In {letter} alone", _bullets(map(in_markdown, in_words(keys, 10)))]
    return "\n\n".join([*parts, "## Notes", _bullets(notes)])


def in_words(keys: Iterable[Key], lines: int) -> list[str]:
    """A line for each place with its modes, and one for the number of those beyond `lines`."""
    places = [
        f"{task} {_place(where)}: {', '.join(key.mode for key in members)}"
        for (task, where), members in groupby(
            (key for key in keys if key.task not in CHECKS), lambda key: (key.task, key.where)
        )
    ]
    counts = Counter(key.task for key in keys)
    places += [f"{task}: {plural(counts[task], 'check')}" for task in CHECKS if counts[task]]
    more = len(places) - lines
    return [*places[:lines], f"and {more} more"] if more > 0 else places


def _place(where: Iterable[tuple[str, object]]) -> str:
    words = [str(value) if name == "settings" else f"{name}={value}" for name, value in where]
    return " ".join(word for word in words if word)


def _origins(origins: list[OriginDifference]) -> list[str]:
    if not origins:
        return ["Nothing differs in hardware, versions, numerics or threads."]
    table = pd.DataFrame([dataclasses.asdict(each) for each in origins])
    return ["## What differs in origin", _as_text(table.rename(columns={"a": "A", "b": "B"}))]


def _tables(differences: list[Difference]) -> list[tuple[Layout, list[Difference]]]:
    """The differences of each table, in the order of `LAYOUTS`."""
    by_quantity: dict[tuple[str, str], list[Difference]] = {each: [] for each in LAYOUTS}
    for difference in differences:
        by_quantity.setdefault((difference.key.task, difference.quantity), []).append(difference)
    tables = []
    for (task, quantity), members in by_quantity.items():
        if members and (task, quantity) not in ONLY_IN_CSV:
            layout = LAYOUTS.get((task, quantity)) or CHECKS.get(task) or own(task, quantity)
            tables.append((layout, members))
    return tables


def _table(differences: list[Difference], layout: Layout) -> str:
    return _as_text(pd.DataFrame([_texts(each, layout) for each in differences], dtype=object))


def _texts(each: Difference, layout: Layout) -> dict[str, Any]:
    """A row for readers; empty where a count is 0."""
    texts: dict[str, Any] = {**dict(each.key.where), "mode": each.key.mode}
    texts |= {"against": each.reference or ""}
    texts |= {"A": mean_text(each.a, layout.digits), "B": mean_text(each.b, layout.digits)}
    if each.difference is None:
        texts["B / A"] = f"{each.ratio:.3f}"
    else:
        texts[layout.heading] = interval_text(each.difference, layout.digits)
        texts["verdict"] = each.words
    if seeds := each.seeds:
        texts |= {"seeds": seeds.common, "only A": seeds.only_a or "", "only B": seeds.only_b or ""}
        texts["identical"] = f"{seeds.identical} of {seeds.common}"
    if each.disturbed:
        texts["processes"] = f"{each.a.count}, {each.b.count}"
        texts["disturbed"] = "{}, {}".format(*each.disturbed) if any(each.disturbed) else ""
    return texts


def _checks(checks: list[Difference], layout: Layout) -> list[str]:
    """How many checks came out the same, and a table of those that did not."""
    counts = [
        f"{verdict}: {sum(each.verdict == verdict for each in checks)}"
        for verdict in ("identical", "same outcome", "other outcome")
    ]
    parts = [f"## {layout.title}", f"{plural(len(checks), 'check')} in both; {', '.join(counts)}."]
    changed = [each for each in checks if each.verdict == "other outcome"]
    return [*parts, _table(changed, layout)] if changed else parts


def _as_text(table: pd.DataFrame) -> str:
    """A table as Markdown, without columns that are empty."""
    texts = table.astype(str)
    filled = [column for column in texts if texts[column].str.len().any()]
    return literal.table(texts[filled])


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
