"""Claims on accuracy: Tables 3 and 4, and the text of Sections 3, 4.1.2 and 4.1.3."""

from collections.abc import Callable, Iterable

import pandas as pd

from isbe_bench import accuracy, origin
from isbe_bench.accuracy import Accuracies
from isbe_bench.claims.claim import Basis, Claim, Finding, decide, judge
from isbe_bench.collection import Collection
from isbe_bench.losses import APART, ISBE
from isbe_bench.statistics import Paired, paired

_PAPERS = {("mnist", "n0"), ("mnist", "n1"), ("mnist", "n1r"), ("cifar10", "vgg16")}
"""The data sets and nets that the claims are about."""


def make(collection: Collection) -> Iterable[Claim]:
    """All claims on accuracy."""
    groups = main_groups(collection)
    for mode in ISBE:
        found = {group: _not_below(group, mode) for group in groups}
        yield _claim("not_below", found, "ce_mean", mode, activation=mode.removeprefix("isbe_"))
    found = {group: _none_is_softmax(group) for group in groups}
    yield _claim("none_is_softmax", found, "ce_none", "isbe_softmax")
    found = {group: _mean_and_sum(group) for group in groups}
    yield _claim("mean_and_sum", found, "ce_mean", "ce_sum", "isbe_softmax")
    by_net = {group.net: group for group in groups if group.dataset == "mnist"}
    yield _between_nets(
        "n1_above_n0",
        by_net,
        ("n1", "n0"),
        lambda pair: pair.difference.low > 0,
        lambda pair: pair.difference.high < 0 or pair.p_same < 0.05,
    )
    yield _between_nets(
        "relocation",
        by_net,
        ("n1r", "n1"),
        lambda pair: pair.p_same < 0.05,
        lambda pair: not pair.difference.holds_zero,
    )
    yield _normalize(collection, by_net)


def _claim(name: str, found: dict[Accuracies, Finding | None], *modes: str, **words: str) -> Claim:
    """Of the groups that say anything."""
    saying = {group: finding for group, finding in found.items() if finding}
    return judge(name, list(saying.values()), basis(saying, *modes), **words)


def main_groups(collection: Collection) -> list[Accuracies]:
    """Of each net of the paper the group with the most runs; trials under other settings are none."""
    largest: dict[tuple[str, str], Accuracies] = {}
    for group in accuracy.groups(collection):
        key = group.dataset, group.net
        if key not in _PAPERS or set(group.modes) <= set(APART):
            continue
        if key not in largest or len(group.runs) > len(largest[key].runs):
            largest[key] = group
    return list(largest.values())


def where(group: Accuracies) -> str:
    """As in `n0 on mnist`, with the length of the trainings."""
    return f"{group.net} on {group.dataset} ({group.epochs} epochs)"


def basis(groups: Iterable[Accuracies], *modes: str, otherwise: str = "table3_alpha") -> Basis:
    """The runs of the seeds that have all of these modes that the group has, or what would give some."""
    return resting_on([group.paired_runs(*modes) for group in groups], otherwise)


def resting_on(frames: list[pd.DataFrame], otherwise: str = "table3_alpha") -> Basis:
    """These trainings and their commands; without any, the experiment that would give some."""
    runs = pd.concat(frames) if frames else pd.DataFrame()
    if runs.empty:
        return Basis("none", [f"isbe-bench experiment={otherwise}"])
    return Basis(f"{len(runs)} trainings", origin.commands(runs))


def points(pair: Paired) -> str:
    """A paired difference in words."""
    cell = pair.difference
    if cell.count < 2:
        return f"{cell.mean:+z.2f} points (one pair)"
    return f"{cell.mean:+z.2f} points [{cell.low:+z.2f}, {cell.high:+z.2f}] over {cell.count} pairs"


def _not_below(group: Accuracies, mode: str) -> Finding | None:
    pair = group.difference(mode, "ce_mean")
    if not pair:
        return None
    told = f"{points(pair)}, margin {pair.margin:g}"
    above = pair.p_not_below < 0.05
    return decide(where(group), told, pair.difference.count, above, pair.difference.high < 0)


def _none_is_softmax(group: Accuracies) -> Finding | None:
    pair = group.difference("isbe_softmax", "ce_none")
    if not pair:
        return None
    images = group.discordant("isbe_softmax", "ce_none")
    equal = int((images["only_mode"] == images["only_reference"]).sum())
    told = f"as many errors in {equal} of {len(images)} seeds, difference {points(pair)}"
    identical = equal == len(images)
    return decide(where(group), told, len(images), identical, not identical)


def _mean_and_sum(group: Accuracies) -> Finding | None:
    mean, total = (group.difference(ce, "isbe_softmax") for ce in ("ce_mean", "ce_sum"))
    between = group.difference("ce_mean", "ce_sum")
    if not mean or not total or not between:
        return None
    told = (
        f"above isbe_softmax by {points(mean)} (mean) and {points(total)} (sum); mean minus sum "
        f"{points(between)}"
    )
    count = min(mean.difference.count, total.difference.count)
    above = all(pair.difference.low > 0 for pair in (mean, total))
    not_above = any(pair.p_same < 0.05 or pair.difference.high < 0 for pair in (mean, total))
    return decide(where(group), told, count, above, not_above)


def _between_nets(
    name: str,
    by_net: dict[str, Accuracies],
    nets: tuple[str, str],
    holds: Callable[[Paired], bool],
    fails: Callable[[Paired], bool],
) -> Claim:
    """The first net minus the second, by seed, mean over the modes that both have."""
    if not set(nets) <= set(by_net):
        return judge(name, [], resting_on([]))
    one, other = (by_net[net] for net in nets)
    modes = [mode for mode in one.modes if mode in other.modes]
    means = [group.by_seed[modes].dropna().mean(axis=1) for group in (one, other)]
    differences = (means[0] - means[1]).dropna()
    if not modes or differences.empty:
        return judge(name, [], resting_on([]))
    pair = paired(differences.tolist(), one.margin)
    told = f"{points(pair)}, mean over {len(modes)} modes, margin {pair.margin:g}"
    place = f"{where(one)} against {where(other)}"
    finding = decide(place, told, len(differences), holds(pair), fails(pair))
    used = [group.paired_runs(*modes) for group in (one, other)]
    return judge(
        name, [finding], resting_on([runs[runs["seed"].isin(differences.index)] for runs in used])
    )


def _normalize(collection: Collection, by_net: dict[str, Accuracies]) -> Claim:
    """Converged: within a point of cross-entropy in the end."""
    findings, used = [], []
    for group in accuracy.groups(collection):
        ours = group.mean("isbe_normalize")
        reference = by_net[group.net].mean("ce_mean") if group.net in by_net else None
        if group.dataset != "mnist" or not ours or not reference:
            continue
        alphas = group.alphas("isbe_normalize")
        told = (
            f"alpha {ours.mean:.2f}% ({min(alphas):.2f}% to {max(alphas):.2f}%), "
            f"ce_mean {reference.mean:.2f}%"
        )
        converged = max(alphas) > reference.mean - 1
        place = " ".join(filter(None, (where(group), group.settings)))
        findings.append(decide(place, told, ours.count, not converged, converged))
        used.append(group)
    return judge("normalize", findings, basis(used, "isbe_normalize", otherwise="normalize"))
