"""Combines the findings on several networks into one verdict."""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any, TypeVar

import pandas as pd
import yaml

from isbe_bench.analysis import missing, origin
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.papers import skarbek
from isbe_bench.publication.claim import Basis, Claim, ClaimVerdict, Finding, VerdictWord
from isbe_bench.publication.shortage import Shortage
from isbe_bench.statistics.power import MeanTest, need
from isbe_bench.statistics.verdicts import MIN_RUNS

T = TypeVar("T")
_OUTCOMES: tuple[VerdictWord, VerdictWord] = ("holds", "does not hold")


@dataclass(frozen=True)
class Rule:
    """The tests by which a claim falls.

    Attributes
    ----------
    holds
        It holds if all of them pass; empty if these runs cannot show it.
    fails
        It does not hold if any of them passes.
    runs
        The runs that have a value in each test.
    unit
        Of the values, as for `Shortage`.
    deviation
        The standard deviation to assume where there is a single value.
    """

    holds: Sequence[MeanTest]
    fails: Sequence[MeanTest]
    runs: pd.DataFrame
    unit: str = "points"
    deviation: float = math.nan

    @property
    def count(self) -> int:
        """The smallest number of values of a test."""
        return min(test.seen.count for test in (*self.holds, *self.fails))

    @property
    def verdict(self) -> VerdictWord:
        """From the values so far; that it holds takes precedence."""
        if self.holds and all(test.passes for test in self.holds):
            return "holds"
        return "does not hold" if any(test.passes for test in self.fails) else "undecided"

    @property
    def shortage(self) -> Shortage:
        """The seeds that would bring the verdict, the soonest way."""
        alternatives = [self.holds, *([test] for test in self.fails)]
        needed = need([list(map(self._with_spread, tests)) for tests in alternatives], MIN_RUNS)
        if needed.more is None and needed.spread_known:
            return Shortage(needed, "", 0, [], self.unit)
        more = MIN_RUNS - self.count if needed.more is None else needed.more
        outcome = ""
        if needed.spread_known:
            outcome = _OUTCOMES[0] if needed.alternative == 0 else _OUTCOMES[1]
        return Shortage(needed, outcome, more, origin.further_trainings(self.runs, more), self.unit)

    def _with_spread(self, test: MeanTest) -> MeanTest:
        if test.seen.count > 1:
            return test
        return replace(test, seen=replace(test.seen, deviation=self.deviation))


def by_rule(where: str, evidence: str, rule: Rule) -> Finding:
    """The finding by this rule; if undecided, or from too few runs, with the seeds it lacks."""
    few = rule.count < MIN_RUNS
    verdict = "undecided" if few else rule.verdict
    if verdict != "undecided":
        return Finding(where, verdict, evidence)
    shortage = rule.shortage
    reason = f"too few runs, {rule.count} of {MIN_RUNS} seeds" if few else ""
    return Finding(where, verdict, evidence, "; ".join(filter(None, (reason, shortage.words))), shortage)


def decide(where: str, evidence: str, holds: bool, runs: pd.DataFrame) -> Finding:
    """The finding where any outcome decides; undecided if the runs have too few seeds."""
    seeds = runs["seed"].nunique()
    if seeds < MIN_RUNS:
        more = MIN_RUNS - seeds
        shortage = Shortage(None, "", more, origin.further_trainings(runs, more))
        reason = f"too few runs, {seeds} of {MIN_RUNS} seeds; {shortage.words}"
        return Finding(where, "undecided", evidence, reason, shortage)
    return Finding(where, _OUTCOMES[0] if holds else _OUTCOMES[1], evidence)


def untrained(group: Trainings, evidence: str, modes: Sequence[str]) -> Finding:
    """The finding where modes are missing without which nothing is decided."""
    template, seeds = group.runs.iloc[0], sorted(set(group.runs["seed"]))
    wanted = [missing.like(template, group.net, mode, seed) for mode in modes for seed in seeds]
    commands = origin.training_commands(pd.DataFrame(wanted))
    shortage = Shortage(None, "", len(seeds), commands, modes=", ".join(modes))
    return Finding(group.title, "undecided", evidence, shortage.words, shortage)


def about(group: Trainings, finding: Finding | None) -> Finding | None:
    """The finding on a group, told apart if the first paper has another network on its data set."""
    if not finding or (group.dataset, group.net) in skarbek.TRAINED:
        return finding
    papers = " or ".join(net for dataset, net in sorted(skarbek.TRAINED) if dataset == group.dataset)
    return replace(finding, where=f"{finding.where}, not the paper's {papers}", other_net=group.net)


def deciding(findings: Mapping[T, Finding | None]) -> list[T]:
    """The groups that a verdict is based on: those that decide it, or all if none does."""
    present = {group: finding for group, finding in findings.items() if finding}
    decided = [group for group, finding in present.items() if finding.verdict != "undecided"]
    return decided or list(present)


def judge(
    name: str, findings: Sequence[Finding], basis: Basis, source: str = "skarbek", **words: str
) -> Claim:
    """One verdict from all findings: some net must show the claim, and none may contradict it.

    `name` is a key of `papers/<source>.yaml`; `words` fill the placeholders of its texts. A claim with a
    `net` there is decided by that network where it was trained long and often enough, else by others,
    which its title then names.
    """
    entry = _paper(source)[name]
    title, paper = entry["title"].format(**words), entry["paper"]
    decided = [finding for finding in findings if finding.verdict != "undecided"]
    net = entry.get("net", "")
    if net and any(not finding.other_net for finding in decided):
        decided = [finding for finding in decided if not finding.other_net]
    elif net and decided:
        others = ", ".join(dict.fromkeys(finding.other_net for finding in decided))
        title += f" (by {others}; the paper has {net})"
    verdicts = {finding.verdict for finding in decided}
    verdict: ClaimVerdict = "undecided" if findings else "not measured"
    if "does not hold" in verdicts:
        verdict = "does not hold"
    elif "holds" in verdicts:
        verdict = "holds"
    answer = entry.get("answer", {}).get(verdict, "")
    answers_title = entry.get("answers_title", False)
    return Claim(title, paper, verdict, tuple(findings), basis, source, answer, answers_title, words)


@functools.cache
def _paper(source: str) -> dict[str, dict[str, Any]]:
    text = resources.files("isbe_bench.papers").joinpath(f"{source}.yaml").read_text(encoding="utf-8")
    claims: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return claims
