"""What a claim of the paper is, beside what was measured."""

import dataclasses
from typing import Literal

VerdictWord = Literal["holds", "does not hold", "undecided"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """What the runs of one network on one data set say about a claim.

    Attributes
    ----------
    where
        As in `n0 on mnist`.
    verdict
        On this net alone.
    evidence
        The numbers, in words.
    lacking
        Where undecided: why, and what would decide it.
    """

    where: str
    verdict: VerdictWord
    evidence: str
    lacking: str = ""


@dataclasses.dataclass(frozen=True)
class Basis:
    """What a verdict rests on: `runs`, as in `48 trainings`, and the commands that give them."""

    runs: str
    commands: list[str]


@dataclasses.dataclass(frozen=True)
class Claim:
    """A claim of the paper beside what was measured.

    Attributes
    ----------
    title, paper
        As in the paper's YAML file in `isbe_bench/papers`.
    verdict
        On all findings together; `undecided` also where there are none.
    findings
        One for each net that was measured.
    basis
        What it rests on; where nothing was measured, the commands that would.
    """

    title: str
    paper: str
    verdict: VerdictWord
    findings: tuple[Finding, ...]
    basis: Basis
