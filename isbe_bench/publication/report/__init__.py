"""The report: the paper's claims with a verdict on each, and the tables and figures behind them."""

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from isbe_bench.papers import skarbek
from isbe_bench.publication.claim import Claim
from isbe_bench.publication.table import Table
from isbe_bench.runs.files import write_atomically

_MARKS = {
    "holds": "holds",
    "does not hold": "fails",
    "undecided": "undecided",
    "not measured": "unmeasured",
}
"""The CSS class of each verdict."""


@dataclass(frozen=True)
class Picture:
    """A figure: the stem of its file name, and its PNG."""

    name: str
    png: bytes

    @property
    def uri(self) -> str:
        """The picture as a data URI, so that the page needs no other file."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


@dataclass(frozen=True)
class Content:
    """Everything that the report shows.

    Attributes
    ----------
    claims
        In the order of the paper.
    images
        A sentence for each network: how far modes misclassify the same images.
    machines
        A line for each task: hardware, versions and number of runs.
    problems
        A line for each run or file that was left out or is not averaged.
    """

    claims: Sequence[Claim]
    images: Sequence[str]
    tables: Sequence[Table]
    pictures: Sequence[Picture]
    machines: Sequence[str]
    problems: Sequence[str]

    @property
    def summary(self) -> str:
        """The numbers of claims by verdict, in a sentence."""
        counts = Counter(claim.verdict for claim in self.claims)
        return (
            f"Of {len(self.claims)} claims, {counts['holds']} hold, {counts['does not hold']} do not, "
            f"{counts['undecided']} are undecided with what was measured, and "
            f"{counts['not measured']} {'was' if counts['not measured'] == 1 else 'were'} not measured."
        )


def write(content: Content, folder: Path) -> list[Path]:
    """Write `report.html`, which needs no other file, and `report.md`, which shows `figures/*.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("isbe_bench.publication.report", ""),
        autoescape=jinja2.select_autoescape(["html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    paper = {"disagreements": list(skarbek.disagreements()), "slips": list(skarbek.slips())}
    written = []
    for name in ("report.html", "report.md"):
        path = folder / name
        page = templates.get_template(f"{name}.j2").render(content=content, marks=_MARKS, **paper)
        write_atomically(path, page)
        written.append(path)
    return written
