"""The report: what own runs say, the papers' claims with verdicts, and their tables and figures."""

import base64
import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import jinja2

from isbe_bench import literal
from isbe_bench.papers import skarbek, tomasi, zhu
from isbe_bench.papers.slip import Slip
from isbe_bench.publication.chart import Chart
from isbe_bench.publication.claim import Claim
from isbe_bench.publication.report import answers, inline
from isbe_bench.publication.report.answers import Answer
from isbe_bench.publication.report.own import Own
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
    """A figure: the stem of its file name, its SVG, and what its curves are, if it has any."""

    name: str
    svg: bytes
    chart: Chart | None

    @property
    def chart_json(self) -> str | None:
        """The chart, for the script of the page."""
        return json.dumps(dataclasses.asdict(self.chart)) if self.chart else None


@dataclass(frozen=True)
class Paper:
    """A paper whose claims are judged.

    Attributes
    ----------
    source
        The stem of its YAML file, and the anchor of its part.
    question
        What it asks, the title of a report on it.
    citation
        For the lead.
    disagreements, slips
        Cells of its tables, and statements, that its own numbers contradict.
    """

    source: str
    question: str
    citation: str
    disagreements: Sequence[skarbek.Disagreement]
    slips: Sequence[Slip]


PAPERS = (
    Paper(
        "skarbek",
        "Can a classifier be trained without computing cross-entropy?",
        "Skarbek 2024, Entropy 26, 65",
        tuple(skarbek.disagreements()),
        tuple(skarbek.slips()),
    ),
    Paper(
        "zhu",
        "Does scaled batch norm before softmax improve a classifier?",
        "Zhu et al. 2020, Appl. Sci. 10, 2950",
        (),
        tuple(zhu.slips()),
    ),
    Paper(
        "tomasi",
        "Does training do what its textbook says?",
        "Tomasi 2019, Training Convolutional Neural Networks",
        (),
        tomasi.SLIPS,
    ),
)


@dataclass(frozen=True)
class Part:
    """What was measured of the claims of one paper.

    Attributes
    ----------
    claims
        In the order of the paper.
    only_measured
        Whether claims without a finding are left out, beside a user's own runs.
    explanations
        Answers that are drawn from no claim.
    """

    paper: Paper
    claims: Sequence[Claim]
    only_measured: bool
    explanations: Sequence[Answer] = ()

    @property
    def measured(self) -> list[Claim]:
        """The claims with a finding."""
        return [claim for claim in self.claims if claim.verdict != "not measured"]

    @property
    def listed(self) -> Sequence[Claim]:
        """The claims to show."""
        return self.measured if self.only_measured else self.claims

    @property
    def answers(self) -> list[Answer]:
        """The paper's question answered in a few sentences; none where nothing answers it."""
        return [*answers.of_claims(self.claims), *self.explanations]

    @property
    def unmeasured(self) -> str:
        """How many claims were not measured, in a sentence; empty if all were."""
        count = len(self.claims) - len(self.measured)
        if not count:
            return ""
        if not self.measured:
            return f"None of the paper's {count} claims was measured"
        return f"Of the paper's {len(self.claims)} claims, {_count(count, 'was', 'were')} not measured"

    @property
    def commands(self) -> list[str]:
        """The commands that measure the claims that were not."""
        left = [claim for claim in self.claims if claim.verdict == "not measured"]
        return list(dict.fromkeys(command for claim in left for command in claim.basis.commands))

    @property
    def summary(self) -> str:
        """The numbers of claims by verdict, in a sentence."""
        counts = Counter(claim.verdict for claim in self.claims)
        texts = [
            _count(counts["holds"], "holds", "hold"),
            f"{_count(counts['does not hold'], 'does', 'do')} not",
        ]
        if undecided := counts["undecided"]:
            texts.append(f"{_count(undecided, 'is', 'are')} undecided with what was measured")
        if unmeasured := counts["not measured"]:
            texts.append(f"{_count(unmeasured, 'was', 'were')} not measured")
        return f"Of {len(self.claims)} claims, {', '.join(texts[:-1])}, and {texts[-1]}."


@dataclass(frozen=True)
class Content:
    """Everything that the report shows.

    Attributes
    ----------
    own
        What own runs say; None if there are none.
    claims
        Of all papers, by paper and in its order.
    images
        A sentence for each network: how far modes misclassify the same images.
    explanations
        Answers to the first paper's question beyond its claims.
    machines
        A line for each task: hardware, versions and number of runs.
    problems
        A line for each run or file that was left out or is not averaged.
    """

    own: Own | None
    claims: Sequence[Claim]
    images: Sequence[str]
    tables: Sequence[Table]
    pictures: Sequence[Picture]
    explanations: Sequence[Answer]
    machines: Sequence[str]
    problems: Sequence[str]

    @property
    def parts(self) -> list[Part]:
        """The papers of which some claim was measured."""
        return [part for part in self._parts if part.measured]

    @property
    def first(self) -> Part:
        """The paper that the suite was made for."""
        return self._parts[0]

    @property
    def title(self) -> str:
        """The question of the first paper, or what was compared if no claim was measured."""
        if self.parts:
            return self.parts[0].paper.question
        return f"Losses compared: {', '.join(self.own.places)}" if self.own else "What was measured"

    @property
    def _parts(self) -> list[Part]:
        return [
            Part(
                paper,
                [claim for claim in self.claims if claim.source == paper.source],
                bool(self.own),
                () if paper != PAPERS[0] else self.explanations,
            )
            for paper in PAPERS
        ]


def _count(count: int, one: str, several: str) -> str:
    """A number with the form of the verb that fits it."""
    return f"{count} {one if count == 1 else several}"


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
    templates.filters |= {
        "plain": literal.plain,
        "literal": literal.in_markdown,
        "cell": literal.cell,
        "table": literal.table,
    }
    script = resources.files(__package__).joinpath("curves.js").read_text(encoding="utf-8")
    drawn = inline.Page()
    values = {
        "content": content,
        "marks": _MARKS,
        "figures": [(picture, drawn.add(picture.svg, picture.name)) for picture in content.pictures],
        "shared": drawn.shared,
        "script": script,
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    written = []
    for name in ("report.html", "report.md"):
        path = folder / name
        page = templates.get_template(f"{name}.j2").render(values)
        write_atomically(path, page)
        written.append(path)
    return written
