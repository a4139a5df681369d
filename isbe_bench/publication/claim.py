"""The types of a claim, its findings and its basis."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Literal

from isbe_bench.publication.shortage import Shortage

VerdictWord = Literal["holds", "does not hold", "undecided"]
ClaimVerdict = VerdictWord | Literal["not measured"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """The evidence on a claim from the runs of one network on one data set.

    Attributes
    ----------
    where
        Network and data set, such as `n0 on mnist`.
    verdict
        Verdict on this network alone.
    evidence
        The numbers in words.
    lacking
        If undecided: the reason, and what would decide it.
    shortage
        If more runs could decide it: how many, and the commands.
    other_net
        The network, if it is another than the claim is about.
    """

    where: str
    verdict: VerdictWord
    evidence: str
    lacking: str = ""
    shortage: Shortage | None = None
    other_net: str = ""


@dataclasses.dataclass(frozen=True)
class Basis:
    """The basis of a verdict: `runs`, such as `48 trainings`, and the commands that reproduce them."""

    runs: str
    commands: list[str]


@dataclasses.dataclass(frozen=True)
class Claim:
    """A claim of the paper with the verdict from the measurements.

    Attributes
    ----------
    title, paper
        From the YAML file of the paper in `isbe_bench/papers`.
    verdict
        Verdict on all findings together: `not measured` without any, `undecided` if none decides.
    findings
        One for each network that was measured.
    basis
        The basis of the verdict; if nothing was measured, the commands to run.
    source
        The paper: the stem of its YAML file.
    answer
        A sentence for the report's first screen, without its full stop, in which `words` fill the
        placeholders; empty if the claim is not among the main ones.
    answers_title
        Whether the answer is one to the report's title, and so stands first.
    words
        What this claim is about, of several that differ in it alone.
    """

    title: str
    paper: str
    verdict: ClaimVerdict
    findings: tuple[Finding, ...]
    basis: Basis
    source: str = "skarbek"
    answer: str = ""
    answers_title: bool = False
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def anchor(self) -> str:
        """Its id in a page."""
        return re.sub(r"\W+", "-", f"{self.source} {self.title}").strip("-").lower()
