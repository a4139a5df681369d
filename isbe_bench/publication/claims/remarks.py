"""What the text of Sections 4.1.2, 4.1.3 and 4.2 remarks on its tables and figures."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.trainings import Trainings, fullest
from isbe_bench.catalogue.losses import CROSS_ENTROPY, ISBE, MODES, label
from isbe_bench.publication.claim import Claim, Finding
from isbe_bench.publication.claims.accuracies import points, training_basis
from isbe_bench.publication.claims.curves import apart, at_the_end, final, long_enough
from isbe_bench.publication.claims.judging import decide, deciding, judge
from isbe_bench.publication.words import mean_text, ratio_text
from isbe_bench.statistics.intervals import MeanInterval, mean_interval, ratio_interval

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
    groups = [group for group in analysis.paper_trainings if group.has_curves]
    mnist, cifar = (
        [group for group in groups if group.dataset == dataset] for dataset in ("mnist", "cifar10")
    )
    for name, finding, subjects, otherwise in (
        ("more_pluses", _more_pluses, mnist, "table3_alpha"),
        ("near_progressive", _near_progressive, mnist, "table3_alpha"),
        ("validation_below", _validation_below, mnist, "table3_alpha"),
        ("limits", _limits, mnist, "table3_alpha"),
        ("in_range", _in_range, mnist, "table3_alpha"),
        ("train_clusters", _train_clusters, cifar, "figure6"),
        ("hard_inferior", _hard_inferior, cifar, "figure6"),
        ("tanh_best", _tanh_best, cifar, "figure6"),
        ("near_93", _near_93, cifar, "figure6"),
        ("perfect_fit", _perfect_fit, cifar, "figure6"),
    ):
        by_group = {group: finding(group) for group in subjects}
        findings = [each for each in by_group.values() if each]
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
    return decide(group.title, evidence, balance.count, balance.low > 0, balance.high < 0)


def _near_progressive(group: Trainings) -> Finding | None:
    ratios = _ratios(group, _FIGURE_1, "running_loss", "train_loss")
    inside = [cell.low > 1 / _CLOSE and cell.high < _CLOSE for cell in ratios.values()]
    outside = [cell.high < 1 / _CLOSE or cell.low > _CLOSE for cell in ratios.values()]
    words = "progressive over training loss in the last third of the epochs"
    return _of_ratios(group, ratios, words, all(inside), any(outside))


def _validation_below(group: Trainings) -> Finding | None:
    ratios = _ratios(group, _FIGURE_1, "validation_loss", "train_loss")
    below = all(cell.high < 1 for cell in ratios.values())
    above = any(cell.low > 1 for cell in ratios.values())
    words = "validation over training loss in the last third of the epochs"
    return _of_ratios(group, ratios, words, below, above)


def _limits(group: Trainings) -> Finding | None:
    losses = final(group.curves).pivot_table(index="seed", columns="mode", values="train_loss")
    modes = [mode for mode in ISBE if mode in losses]
    if "ce_mean" not in losses or not modes:
        return None
    over = fullest(losses[modes].div(losses["ce_mean"], axis=0))
    ratios = {str(mode): ratio_interval(over[mode].tolist()) for mode in over} if len(over) else {}
    below = len(ratios) == len(ISBE) and all(cell.high < 1 for cell in ratios.values())
    above = any(cell.low > 1 for cell in ratios.values())
    words = "training loss in the last third over that of ce_mean"
    return _of_ratios(group, ratios, words, below, above)


def _in_range(group: Trainings) -> Finding | None:
    low, high = _RANGE
    means = _means(group)
    if not means:
        return None
    alphas = [alpha for mode in means for alpha in group.alphas(mode)]
    evidence = f"final accuracies from {min(alphas):.2f} to {max(alphas):.2f}%"
    within = low < min(alphas) and max(alphas) < high
    outside = any(cell.high < low or cell.low > high for cell in means.values())
    return decide(group.title, evidence, min(cell.count for cell in means.values()), within, outside)


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
    below = all(pair.difference.high < 0 for pair in known.values())
    not_below = any(pair.difference.low >= 0 or pair.p_same < 0.05 for pair in known.values())
    fewest = min(pair.difference.count for pair in known.values())
    return long_enough(group, decide(group.title, evidence, fewest, below, not_below))


def _tanh_best(group: Trainings) -> Finding | None:
    others = [mode for mode in ISBE if mode != "isbe_tanh"]
    pairs = {mode: group.difference("isbe_tanh", mode) for mode in others}
    known = {mode: pair for mode, pair in pairs.items() if pair}
    if len(known) < len(pairs):
        return None
    evidence = ", ".join(f"minus {label(mode)} {points(pair)}" for mode, pair in known.items())
    above = all(pair.difference.low > 0 for pair in known.values())
    not_above = any(pair.difference.high <= 0 for pair in known.values())
    fewest = min(pair.difference.count for pair in known.values())
    return long_enough(group, decide(group.title, f"tanh {evidence}", fewest, above, not_above))


def _near_93(group: Trainings) -> Finding | None:
    means = _means(group)
    if not means:
        return None
    mode, best = max(means.items(), key=lambda item: item[1].mean)
    low, high = _NEAR
    evidence = f"at best {mean_text(best)}%, under {mode}"
    near = low < best.low and best.high < high
    away = best.high < low or best.low > high
    return long_enough(group, decide(group.title, evidence, best.count, near, away))


def _perfect_fit(group: Trainings) -> Finding | None:
    fits = fullest(at_the_end(group.curves, "train_accuracy"))
    modes = [str(mode) for mode in fits if mode in MODES]
    if not modes:
        return None
    cells = {mode: mean_interval(fits[mode].tolist()) for mode in modes}
    worst = min(cells.items(), key=lambda item: item[1].mean)
    evidence = f"of the training images {worst[1].mean:.2f}% or more, least under {worst[0]}"
    perfect = all(cell.low > _ALMOST_PERFECT for cell in cells.values())
    imperfect = any(cell.high < _ALMOST_PERFECT for cell in cells.values())
    return long_enough(group, decide(group.title, evidence, len(fits), perfect, imperfect))


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


def _of_ratios(
    group: Trainings, ratios: Mapping[str, MeanInterval], words: str, holds: bool, fails: bool
) -> Finding | None:
    if not ratios:
        return None
    each = ", ".join(f"{mode} {ratio_text(cell)}" for mode, cell in ratios.items())
    fewest = min(cell.count for cell in ratios.values())
    return decide(group.title, f"{words}: {each}", fewest, holds, fails)
