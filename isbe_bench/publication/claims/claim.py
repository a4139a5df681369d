"""What a claim is, and how the findings on several nets make one verdict."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import yaml

from isbe_bench.statistics.intervals import MIN_RUNS

T = TypeVar("T")
VerdictWord = Literal["holds", "does not hold", "undecided"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """What the runs of one net on one data set say of a claim.

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
        As in `paper.yaml`.
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


def decide(where: str, evidence: str, pairs: int, holds: bool, fails: bool) -> Finding:
    """The finding of so many pairs of runs, too few of which decide nothing."""
    if pairs < MIN_RUNS:
        return Finding(where, "undecided", evidence, f"too few runs, {pairs} of {MIN_RUNS} seeds")
    if holds or fails:
        return Finding(where, "holds" if holds else "does not hold", evidence)
    return Finding(where, "undecided", evidence, "more seeds would narrow the interval")


def deciding(found: Mapping[T, Finding | None]) -> list[T]:
    """What a verdict rests on: the groups with a finding that decides, or all where none does."""
    saying = {group: finding for group, finding in found.items() if finding}
    decided = [group for group, finding in saying.items() if finding.verdict != "undecided"]
    return decided or list(saying)


def judge(name: str, findings: Sequence[Finding], basis: Basis, **words: str) -> Claim:
    """One verdict from all findings: some net must show a claim, and none contradict it.

    `name` is a key of `paper.yaml`, `words` fill its title's gaps.
    """
    title, paper = _paper()[name]["title"].format(**words), _paper()[name]["paper"]
    verdicts = {finding.verdict for finding in findings}
    verdict: VerdictWord = "undecided"
    if "does not hold" in verdicts:
        verdict = "does not hold"
    elif "holds" in verdicts:
        verdict = "holds"
    return Claim(title, paper, verdict, tuple(findings), basis)


@functools.cache
def _paper() -> dict[str, dict[str, str]]:
    claims: dict[str, dict[str, str]] = yaml.safe_load(
        Path(__file__).with_name("paper.yaml").read_text()
    )
    return claims
