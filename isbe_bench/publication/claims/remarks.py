"""What the text of Sections 4.1.2, 4.1.3 and 4.2 remarks on its tables and figures."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.trainings import Trainings, fullest
from isbe_bench.catalogue.losses import CROSS_ENTROPY, ISBE, MODES, label
from isbe_bench.papers import skarbek
from isbe_bench.publication.claim import Claim, Finding
from isbe_bench.publication.claims.accuracies import above, below, points, same, training_basis
from isbe_bench.publication.claims.curves import apart, at_the_end, final, long_enough
from isbe_bench.publication.claims.judging import (
    Rule,
    about,
    by_rule,
    decide,
    deciding,
    judge,
    untrained,
)
from isbe_bench.publication.words import mean_text, ratio_text
from isbe_bench.statistics.intervals import MeanInterval, log_interval, mean_interval, ratio_interval
from isbe_bench.statistics.power import MeanTest

_FIGURE_1 = ("ce_mean", "isbe_softmax", "isbe_sigmoid")
_CLOSE = 2.0
"""Losses are close if neither is more than so many times the other."""
_RANGE = (99.4, 99.7)
"""Of the final accuracies on MNIST, in percent."""
_NEAR = (92.5, 93.5)
"""What counts as near 93 percent."""
_ALMOST_PERFECT = 99.0
"""Percent of the training images classified correctly."""
_HARD = {"isbe_hardtanh": "isbe_tanh", "isbe_hardsigmoid": "isbe_sigmoid"}
_TRAIN_CLUSTERS = (
    ("isbe_hardtanh",),
    ("isbe_tanh", "isbe_hardsigmoid"),
    ("isbe_sigmoid", "isbe_softmax"),
)
"""Of training losses on CIFAR-10 (Section 4.2)."""


def make(analysis: Analysis) -> Iterable[Claim]:
    """All such claims, in the order of the text."""
    groups = analysis.paper_trainings
    every_mnist, every_cifar = (
        [group for group in groups if group.dataset == dataset] for dataset in ("mnist", "cifar10")
    )
    mnist, cifar = ([group for group in each if group.has_curves] for each in (every_mnist, every_cifar))
    papers = [group for group in every_cifar if (group.dataset, group.net) in skarbek.TRAINED]
    for name, finding, subjects, otherwise in (
        ("more_pluses", _more_pluses, every_mnist, "table3_alpha"),
        ("near_progressive", _near_progressive, mnist, "table3_alpha"),
        ("validation_below", _validation_below, mnist, "table3_alpha"),
        ("limits", _limits, mnist, "table3_alpha"),
        ("in_range", _in_range, every_mnist, "table3_alpha"),
        ("train_clusters", _train_clusters, cifar, "figure6"),
        ("hard_inferior", _hard_inferior, every_cifar, "figure6"),
        ("tanh_best", _tanh_best, every_cifar, "figure6"),
        ("near_93", _near_93, papers, "figure6"),  # other nets have accuracies of their own
        ("perfect_fit", _perfect_fit, [group for group in papers if group in cifar], "figure6"),
    ):
        by_group = {group: finding(group) for group in subjects}
        findings = [made for each in by_group.items() if (made := about(*each))]
        runs = [group.paired_runs(*MODES) for group in deciding(by_group)]
        yield judge(name, findings, training_basis(runs, otherwise))


def _more_pluses(group: Trainings) -> Finding | None:
    """By seed, the share of Table 4's cells above zero minus that below it."""
    references = [mode for mode in CROSS_ENTROPY if mode in group.modes]
    modes = [mode for mode in ISBE if mode in group.modes]
    if not references or not modes:
        return None
    alphas = fullest(group.by_seed[[*references, *modes]])
    if not {*references, *modes} <= set(alphas):
        return None
    differences = pd.concat(
        [alphas[modes].sub(alphas[reference], axis=0) for reference in references], axis=1
    )
    means = differences.mean()
    balance = mean_interval(np.sign(differences).mean(axis=1).tolist())
    evidence = (
        f"mean differences: {int((means > 0).sum())} pluses, {int((means < 0).sum())} minuses; of each "
        f"seed's cells, pluses minus minuses {100 * balance.mean:+.0f}%"
    )
    if balance.count > 1:
        evidence += f" [{100 * balance.low:+.0f}, {100 * balance.high:+.0f}]"
    if left := [mode for mode in ISBE if mode not in alphas]:
        return untrained(group, evidence, left)
    name = "pluses minus minuses, as a share"
    rule = Rule(
        [MeanTest(balance, low=0, name=name)],
        [MeanTest(balance, high=0, name=name)],
        group.paired_runs(*references, *modes),
        "share",
    )
    return by_rule(group.title, evidence, rule)


def _near_progressive(group: Trainings) -> Finding | None:
    ratios = _ratios(group, _FIGURE_1, "running_loss", "train_loss")
    words = "progressive over training loss in the last third of the epochs"
    logs, close = _logs(ratios, "progressive over training loss"), math.log(_CLOSE)
    inside = [MeanTest(cell, -close, close, name=name) for name, cell in logs.items()]
    outside = [
        test
        for name, cell in logs.items()
        for test in (MeanTest(cell, high=-close, name=name), MeanTest(cell, low=close, name=name))
    ]
    return _of_ratios(group, ratios, words, inside, outside)


def _validation_below(group: Trainings) -> Finding | None:
    ratios = _ratios(group, _FIGURE_1, "validation_loss", "train_loss")
    words = "validation over training loss in the last third of the epochs"
    logs = _logs(ratios, "validation over training loss")
    lower = [MeanTest(cell, high=0, name=name) for name, cell in logs.items()]
    higher = [MeanTest(cell, low=0, name=name) for name, cell in logs.items()]
    return _of_ratios(group, ratios, words, lower, higher)


def _limits(group: Trainings) -> Finding | None:
    losses = final(group.curves).pivot_table(index="seed", columns="mode", values="train_loss")
    modes = [mode for mode in ISBE if mode in losses]
    if "ce_mean" not in losses or not modes:
        return None
    over = fullest(losses[modes].div(losses["ce_mean"], axis=0))
    ratios = {str(mode): ratio_interval(over[mode].tolist()) for mode in over} if len(over) else {}
    words = "training loss in the last third over that of ce_mean"
    logs = _logs(ratios, "training loss over that of ce_mean")
    lower = [MeanTest(cell, high=0, name=name) for name, cell in logs.items()]
    higher = [MeanTest(cell, low=0, name=name) for name, cell in logs.items()]
    left = [mode for mode in ISBE if mode not in ratios]
    finding = _of_ratios(group, ratios, words, [] if left else lower, higher, "ce_mean")
    if finding and left and finding.verdict == "undecided":
        return untrained(group, finding.evidence, left)
    return finding


def _in_range(group: Trainings) -> Finding | None:
    low, high = _RANGE
    means = _means(group)
    if not means:
        return None
    alphas = [alpha for mode in means for alpha in group.alphas(mode)]
    evidence = f"final accuracies from {min(alphas):.2f} to {max(alphas):.2f}%"
    within = low < min(alphas) and max(alphas) < high
    runs = group.runs[group.runs["mode"].isin(means)]
    if within:
        return decide(group.title, evidence, True, runs)
    outside = [
        MeanTest(cell, name=f"alpha of {mode}", **bound)
        for mode, cell in means.items()
        for bound in ({"high": low}, {"low": high})
    ]
    return by_rule(group.title, evidence, Rule([], outside, runs, "%"))


def _train_clusters(group: Trainings) -> Finding | None:
    return long_enough(group, apart(group, group.curves, "train_loss", _TRAIN_CLUSTERS))


def _hard_inferior(group: Trainings) -> Finding | None:
    pairs = {hard: group.difference(hard, soft) for hard, soft in _HARD.items()}
    known = {hard: pair for hard, pair in pairs.items() if pair}
    if len(known) < len(pairs):
        return None
    evidence = ", ".join(
        f"{label(hard)} minus {label(_HARD[hard])} {points(pair)}" for hard, pair in known.items()
    )
    names = {f"{label(hard)} minus {label(_HARD[hard])}": pair for hard, pair in known.items()}
    rule = Rule(
        [below(pair, name) for name, pair in names.items()],
        [test(pair, name) for name, pair in names.items() for test in (above, same)],
        group.paired_runs(*_HARD, *_HARD.values()),
        deviation=group.pair_deviation,
    )
    return long_enough(group, by_rule(group.title, evidence, rule))


def _tanh_best(group: Trainings) -> Finding | None:
    others = [mode for mode in ISBE if mode != "isbe_tanh"]
    pairs = {mode: group.difference("isbe_tanh", mode) for mode in others}
    known = {mode: pair for mode, pair in pairs.items() if pair}
    if len(known) < len(pairs):
        return None
    evidence = ", ".join(f"minus {label(mode)} {points(pair)}" for mode, pair in known.items())
    names = {f"{label('isbe_tanh')} minus {label(mode)}": pair for mode, pair in known.items()}
    rule = Rule(
        [above(pair, name) for name, pair in names.items()],
        [below(pair, name) for name, pair in names.items()],
        group.paired_runs(*ISBE),
        deviation=group.pair_deviation,
    )
    return long_enough(group, by_rule(group.title, f"tanh {evidence}", rule))


def _near_93(group: Trainings) -> Finding | None:
    means = _means(group)
    if not means:
        return None
    mode, best = max(means.items(), key=lambda item: item[1].mean)
    low, high = _NEAR
    evidence = f"at best {mean_text(best)}%, under {mode}"
    name = f"alpha of {mode}"
    near = MeanTest(best, low, high, name=name)
    away = [MeanTest(best, high=low, name=name), MeanTest(best, low=high, name=name)]
    rule = Rule([near], away, group.paired_runs(mode), "%")
    return long_enough(group, by_rule(group.title, evidence, rule))


def _perfect_fit(group: Trainings) -> Finding | None:
    fits = fullest(at_the_end(group.curves, "train_accuracy"))
    modes = [str(mode) for mode in fits if mode in MODES]
    if not modes:
        return None
    cells = {mode: mean_interval(fits[mode].tolist()) for mode in modes}
    worst = min(cells.items(), key=lambda item: item[1].mean)
    evidence = f"of the training images {worst[1].mean:.2f}% or more, least under {worst[0]}"
    names = {f"training accuracy under {mode}": cell for mode, cell in cells.items()}
    rule = Rule(
        [MeanTest(cell, low=_ALMOST_PERFECT, name=name) for name, cell in names.items()],
        [MeanTest(cell, high=_ALMOST_PERFECT, name=name) for name, cell in names.items()],
        group.paired_runs(*modes),
        "%",
    )
    return long_enough(group, by_rule(group.title, evidence, rule))


def _means(group: Trainings) -> dict[str, MeanInterval]:
    """Mean alpha of each of the paper's eight modes that was trained."""
    return {mode: mean for mode in group.modes if mode in MODES and (mean := group.mean(mode))}


def _ratios(
    group: Trainings, modes: Sequence[str], numerator: str, denominator: str
) -> dict[str, MeanInterval]:
    """By mode, one curve over another in the last third of the epochs: geometric mean over seeds."""
    columns = ["mode", "seed", numerator, denominator]
    means = final(group.curves)[columns].dropna().groupby(["mode", "seed"]).mean()
    ratios = means[numerator] / means[denominator]
    present = set(ratios.index.get_level_values("mode"))
    return {mode: ratio_interval(ratios[mode].tolist()) for mode in modes if mode in present}


def _logs(ratios: Mapping[str, MeanInterval], what: str) -> dict[str, MeanInterval]:
    """Ratios by mode as logarithms by what they are of."""
    return {f"{what}, {mode}": log_interval(cell) for mode, cell in ratios.items()}


def _of_ratios(
    group: Trainings,
    ratios: Mapping[str, MeanInterval],
    words: str,
    holds: Sequence[MeanTest],
    fails: Sequence[MeanTest],
    *references: str,
) -> Finding | None:
    """The finding on ratios by mode, whose runs have these references beside them."""
    if not ratios:
        return None
    each = ", ".join(f"{mode} {ratio_text(cell)}" for mode, cell in ratios.items())
    rule = Rule(holds, fails, group.paired_runs(*references, *ratios), "log")
    return by_rule(group.title, f"{words}: {each}", rule)
