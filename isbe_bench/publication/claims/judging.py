"""Combines the findings on several networks into one verdict."""

import functools
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, TypeVar

import yaml

from isbe_bench.publication.claim import Basis, Claim, ClaimVerdict, Finding
from isbe_bench.statistics.verdicts import MIN_RUNS

T = TypeVar("T")


def decide(where: str, evidence: str, pairs: int, holds: bool, fails: bool) -> Finding:
    """The finding from this number of pairs of runs; undecided if they are too few."""
    if pairs < MIN_RUNS:
        return Finding(where, "undecided", evidence, f"too few runs, {pairs} of {MIN_RUNS} seeds")
    if holds or fails:
        return Finding(where, "holds" if holds else "does not hold", evidence)
    return Finding(where, "undecided", evidence, "more seeds would narrow the interval")


def deciding(findings: Mapping[T, Finding | None]) -> list[T]:
    """The groups that a verdict is based on: those that decide it, or all if none does."""
    present = {group: finding for group, finding in findings.items() if finding}
    decided = [group for group, finding in present.items() if finding.verdict != "undecided"]
    return decided or list(present)


def judge(
    name: str, findings: Sequence[Finding], basis: Basis, source: str = "skarbek", **words: str
) -> Claim:
    """One verdict from all findings: some net must show the claim, and none may contradict it.

    `name` is a key of `papers/<source>.yaml`; `words` fill the placeholders of its texts.
    """
    entry = _paper(source)[name]
    verdicts = {finding.verdict for finding in findings}
    verdict: ClaimVerdict = "undecided" if findings else "not measured"
    if "does not hold" in verdicts:
        verdict = "does not hold"
    elif "holds" in verdicts:
        verdict = "holds"
    answer = entry.get("answer", {}).get(verdict, "").format(**words)
    title, paper = entry["title"].format(**words), entry["paper"]
    return Claim(title, paper, verdict, tuple(findings), basis, source, answer)


@functools.cache
def _paper(source: str) -> dict[str, dict[str, Any]]:
    text = resources.files("isbe_bench.papers").joinpath(f"{source}.yaml").read_text(encoding="utf-8")
    claims: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return claims
