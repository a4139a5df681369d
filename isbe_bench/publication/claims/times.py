"""Claims on time: Tables 1 and 2, and the text of Sections 4.1.1, 4.2 and 5."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from isbe_bench.analysis import Analysis, origin
from isbe_bench.analysis.timings import MARGIN, Timings
from isbe_bench.catalogue.losses import CROSS_ENTROPY, FUNCTION, ISBE
from isbe_bench.papers import skarbek
from isbe_bench.publication.claim import Basis, Claim, Finding, VerdictWord
from isbe_bench.publication.claims.judging import deciding, judge
from isbe_bench.publication.shortage import Shortage
from isbe_bench.publication.words import interval_text
from isbe_bench.statistics.comparison import percent_change, total_change
from isbe_bench.statistics.intervals import MeanInterval, log_interval, p_of_zero
from isbe_bench.statistics.power import MeanTest, need
from isbe_bench.statistics.verdicts import smallest_corrected

_SIZE = 3.0
"""The saving that the paper claims, in points of tau and in percent of the time."""


def make(analysis: Analysis) -> Iterable[Claim]:
    """All claims on time."""
    groups = _main_groups(analysis)
    for name, finding in (
        ("tau_falls", _tau_falls),
        ("tau_by_three", _tau_by_three),
        ("total_falls", _total_falls),
        ("function_costs", _function_costs),
    ):
        by_group = {at: finding(group) for at, group in enumerate(groups)}
        used = [groups[at] for at in deciding(by_group)]
        yield judge(name, [each for each in by_group.values() if each], _basis(used))


def _main_groups(analysis: Analysis) -> list[Timings]:
    """The group with the most processes for each net and device; smaller groups are trials.

    Digits count if MNIST was not measured: their images have the same size.
    """
    largest: dict[tuple[str, ...], Timings] = {}
    for group in analysis.shown_timings:
        dataset, net, device = (group.where[key] for key in ("dataset", "net", "device"))
        previous = largest.get((net, device))
        if (dataset, net) in skarbek.TIMED and (not previous or _size(group) > _size(previous)):
            largest[net, device] = group
    return list(largest.values())


def _size(group: Timings) -> tuple[bool, int, int]:
    """Sort key: the paper's data set first, then number of processes, then rounds in all of them."""
    rounds = group.runs["processes"] * group.runs["timing.rounds"]
    return group.where["dataset"] != "digits", group.comparison.processes, int(rounds.sum())


def _basis(groups: list[Timings]) -> Basis:
    if not groups:
        return Basis("none", _COMMANDS)
    processes = sum(group.comparison.processes for group in groups)
    runs = pd.concat([group.runs for group in groups])
    return Basis(f"{processes} processes", origin.measurement_commands(runs))


_COMMANDS = ["isbe-bench experiment=table1_tau", "isbe-bench experiment=tau_vgg16"]


def _where(group: Timings) -> str:
    place = group.where
    return " ".join(
        filter(None, (f"{place['net']} on {place['dataset']}, {place['device']}", place["settings"]))
    )


def _direct(group: Timings) -> list[str]:
    return [mode for mode in ISBE if mode in group.comparison.modes]


def _undecided(
    group: Timings, evidence: str, reason: str, unit: str, *ways: Sequence[MeanTest]
) -> Finding:
    """An undecided finding, with the processes that one of these ways of deciding it takes.

    A verdict also needs a noise floor below the difference, which falls with the processes as well.
    """
    needed = need(ways)
    if needed.more is None:
        shortage = Shortage(needed, "", 0, [], unit, "process")
    else:
        runs = math.ceil(needed.more / int(group.runs["processes"].iloc[-1]))
        commands = origin.further_measurements(group.runs, runs)
        shortage = Shortage(needed, "", needed.more, commands, unit, "process")
    return Finding(_where(group), "undecided", evidence, f"{reason}; {shortage.words}", shortage)


def _decided(
    group: Timings,
    evidence: str,
    verdict: VerdictWord,
    untrusted: bool,
    unit: str,
    *ways: Sequence[MeanTest],
) -> Finding:
    """The finding; undecided if it is `untrusted`, or with what one of these ways of deciding takes."""
    if untrusted:
        lacking = (
            "the A/A control leaves out zero or processes were disturbed; measure again on an idle "
            "machine"
        )
        return Finding(_where(group), "undecided", evidence, lacking)
    if verdict == "undecided":
        return _undecided(group, evidence, "too noisy", unit, *ways)
    return Finding(_where(group), verdict, evidence)


def _tau_falls(group: Timings) -> Finding | None:
    """Whether tau falls for every direct ISBE mode and cross-entropy, as in the paper's Table 2."""
    comparison, control = group.comparison, group.tau_control
    references = [ce for ce in CROSS_ENTROPY if ce in comparison.modes]
    pairs = [(mode, ce) for ce in references for mode in _direct(group)]
    cells = [comparison.difference("tau", *pair) for pair in pairs]
    if not cells:
        return None
    kinds = [group.verdict(cell, control).kind for cell in cells]
    lowest, highest = min(cell.mean for cell in cells), max(cell.mean for cell in cells)
    evidence = (
        f"lower in {kinds.count('less')} of {len(cells)} cells, differences from {lowest:+.2f} to "
        f"{highest:+.2f} points, noise floor {control.reach:.2f}"
    )
    higher = [kind == "more" for kind in kinds]
    p_values = [p_of_zero(cell) if above else 1.0 for cell, above in zip(cells, higher, strict=True)]
    falls = [
        MeanTest(cell, high=0, name=f"tau, {mode} minus {ce}")
        for (mode, ce), cell in zip(pairs, cells, strict=True)
    ]
    verdict: VerdictWord = "undecided"
    if kinds.count("less") == len(cells):
        verdict = "holds"
    elif smallest_corrected(p_values) < 0.05:  # among many cells, one may lie above zero by chance
        verdict = "does not hold"
    elif any(higher) or "same" in kinds:
        # The claim states no size, so a difference too small to detect does not contradict it.
        reason = "the other differences are too small to detect"
        return _undecided(group, evidence, reason, "points", falls)
    return _decided(group, evidence, verdict, "untrusted" in kinds, "points", falls)


def _tau_by_three(group: Timings) -> Finding | None:
    """Whether the largest fall of a direct mode against ce_mean reaches the paper's 3 points."""
    comparison, control = group.comparison, group.tau_control
    if "ce_mean" not in comparison.modes or not _direct(group):
        return None
    cells = {mode: comparison.difference("tau", mode, "ce_mean") for mode in _direct(group)}
    mode, cell = min(cells.items(), key=lambda item: item[1].mean)
    lowest = min(each.low for each in cells.values())
    evidence = (
        f"largest fall {interval_text(cell)} points ({mode} against ce_mean), lowest bound of all modes "
        f"{lowest:+.2f}"
    )
    reaching = [group.verdict(each, control).kind for each in cells.values() if each.low <= -_SIZE]
    verdict: VerdictWord = "undecided"
    if not reaching:
        verdict = "does not hold"
    elif "less" in reaching:  # and not merely too noisy to tell
        verdict = "holds"
    smaller = [MeanTest(each, low=-_SIZE, name=f"tau, {name}") for name, each in cells.items()]
    untrusted = group.verdict(cell, control).kind == "untrusted"
    return _decided(group, evidence, verdict, untrusted, "points", smaller)


def _total_falls(group: Timings) -> Finding | None:
    comparison = group.comparison
    if comparison.reference != "ce_mean" or not _direct(group):
        return None
    control = group.total_control
    cells = {mode: total_change(comparison, mode) for mode in _direct(group)}
    kinds = {mode: group.verdict(cell, control).kind for mode, cell in cells.items()}
    lowest, highest = (pick(cells.values(), key=lambda cell: cell.mean) for pick in (min, max))
    evidence = (
        f"from {interval_text(lowest)}% to {interval_text(highest)}% of ce_mean's total over "
        f"{len(cells)} modes, noise floor {control.reach:.2f}%"
    )
    verdict: VerdictWord = "undecided"
    if all(kind == "less" for kind in kinds.values()):
        verdict = "holds"
    elif any(kind in ("same", "more") for kind in kinds.values()):
        evidence += f"; no mode saves more than {_most(cells.values()):.2f}%"
        verdict = "does not hold"
    totals = {name: _total(group, name) for name in cells}
    falls = [replace(test, high=0) for test in totals.values()]
    least, most = (math.log(1 + sign * MARGIN / 100) for sign in (-1, 1))
    within = [[replace(test, low=least, high=most)] for test in totals.values()]
    untrusted = "untrusted" in kinds.values()
    return _decided(group, evidence, verdict, untrusted, "log", falls, *within)


def _total(group: Timings, mode: str) -> MeanTest:
    """The logarithm of a mode's total time over that of the reference, as yet without bounds."""
    reference = group.comparison.reference
    ratio = group.comparison.ratio("total_ms", mode, reference)
    return MeanTest(log_interval(ratio), name=f"total of {mode} over {reference}")


def _most(cells: Iterable[MeanInterval]) -> float:
    """The largest saving within any of the intervals, in percent."""
    return max(0.0, *(-cell.low for cell in cells))


def _function_costs(group: Timings) -> Finding | None:
    comparison, mode = group.comparison, f"isbe_softmax{FUNCTION}"
    if comparison.reference != "ce_mean" or not {mode, "isbe_softmax"} <= set(comparison.modes):
        return None
    control = group.total_control
    cell = total_change(comparison, mode)
    direct = percent_change(comparison.ratio("total_ms", mode, "isbe_softmax"))
    kind = group.verdict(cell, control).kind
    evidence = (
        f"{interval_text(cell)}% against ce_mean, {interval_text(direct)}% against ISBE directly, "
        f"noise floor {control.reach:.2f}%"
    )
    total = _total(group, mode)
    ways = [replace(total, low=0)], [replace(total, high=0)]
    if kind == "same":
        # The paper's "slightly" has no size, so a difference too small to detect is no contradiction.
        reason = "too small to be seen beside this net's noise"
        return _undecided(group, evidence, reason, "log", *ways)
    verdicts: dict[str, VerdictWord] = {"more": "holds", "less": "does not hold"}
    verdict = verdicts.get(kind, "undecided")
    return _decided(group, evidence, verdict, kind == "untrusted", "log", *ways)
