"""The report: the claims of the paper with a verdict on each, and everything that they rest on."""

import base64
import dataclasses
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from isbe_bench.analysis import origin
from isbe_bench.analysis.collection import Collection
from isbe_bench.catalogue.losses import CROSS_ENTROPY, ISBE
from isbe_bench.papers import skarbek
from isbe_bench.publication import claims, figures, tables
from isbe_bench.publication.claims.accuracies import main_groups, where
from isbe_bench.publication.claims.claim import Claim
from isbe_bench.runs.files import write_atomically


def write(collection: Collection, folder: Path) -> list[Path]:
    """Write `report.html`, which needs no other file, and `report.md`, which shows `figures/*.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    content = _content(collection)
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("isbe_bench.publication.report", ""),
        autoescape=jinja2.select_autoescape(["html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    written = []
    for name in ("report.html", "report.md"):
        path = folder / name
        write_atomically(path, templates.get_template(f"{name}.j2").render(content))
        written.append(path)
    return written


@dataclasses.dataclass(frozen=True)
class _Picture:
    """A figure: the stem of its files, and its pixels as a data URI."""

    name: str
    uri: str


def _content(collection: Collection) -> dict[str, Any]:
    """What both templates show."""
    made = claims.make(collection)
    return {
        "claims": made,
        "marks": {"holds": "holds", "does not hold": "fails", "undecided": "undecided"},
        "summary": _summary(made),
        "machines": _machines(collection),
        "images": list(_same_images(collection)),
        "disagreements": list(skarbek.disagreements()),
        "slips": list(skarbek.slips()),
        "tables": [table for table in tables.make(collection) if not table.numbers.empty],
        "pictures": [
            _Picture(name, "data:image/png;base64," + base64.b64encode(files["png"]).decode())
            for name, files in figures.render(collection, ["png"])
        ],
        "problems": collection.problems,
    }


def _summary(made: list[Claim]) -> str:
    counts = Counter(claim.verdict for claim in made)
    return (
        f"Of {len(made)} claims, {counts['holds']} hold, {counts['does not hold']} do not, and "
        f"{counts['undecided']} are undecided with what was measured."
    )


def _machines(collection: Collection) -> list[str]:
    """A line for each task: hardware, versions, how many runs."""
    frames = {
        "Trainings": collection.runs,
        "Times": collection.timing.runs,
        "Loss heads": collection.head.runs,
        "Theory": collection.theory.runs,
    }
    return [f"{name}: {origin.facts(runs)}" for name, runs in frames.items() if not runs.empty]


def _same_images(collection: Collection) -> Iterator[str]:
    """Whether ISBE is wrong on the same images as cross-entropy, which the paper did not check."""
    for group in main_groups(collection):
        pairs = [(m, ce) for m in ISBE for ce in CROSS_ENTROPY if group.seeds_of(m, ce)]
        itself = pd.Series([group.agreement(mode, mode) for mode in group.modes]).mean()
        if not pairs:
            continue
        shares = {pair: group.agreement(*pair) for pair in pairs}
        furthest, closest = (pick(pairs, key=lambda pair: shares[pair]) for pick in (min, max))
        smallest = min(group.smallest_p(*pair) for pair in pairs)
        seeds = len(group.seeds_of(*pairs[0]))
        share = f"{shares[closest]:.0%} ({' and '.join(closest)})"
        if len(pairs) > 1:
            share = f"from {shares[furthest]:.0%} ({' and '.join(furthest)}) to {share}"
        told = (
            f"{where(group)}, {seeds} {'seed' if seeds == 1 else 'seeds'}: of the images that ISBE or "
            f"cross-entropy classifies wrong, {share} are wrong under both"
        )
        if pd.notna(itself):
            told += f"; two seeds of one and the same mode share {itself:.0%}"
        corrected = min(1.0, smallest * len(pairs))
        yield (
            f"{told}. McNemar's exact test, smallest p-value over {len(pairs)} "
            f"{'pair' if len(pairs) == 1 else 'pairs'} of modes and all seeds, corrected for their "
            f"number: {corrected:.2g}."
        )
