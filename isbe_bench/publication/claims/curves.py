"""Claims on learning curves: Figures 1 to 8, and the text of Sections 4.1.2, 4.1.3 and 4.2."""

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.trainings import Trainings, fullest
from isbe_bench.catalogue.losses import ISBE, label
from isbe_bench.catalogue.networks import WHOLE_TRAININGS
from isbe_bench.publication.claim import Claim, Finding
from isbe_bench.publication.claims.accuracies import above, below, points, same, training_basis
from isbe_bench.publication.claims.judging import Rule, about, by_rule, deciding, judge
from isbe_bench.publication.words import interval_text
from isbe_bench.statistics.intervals import log_interval, mean_interval, ratio_interval
from isbe_bench.statistics.power import MeanTest
from isbe_bench.statistics.verdicts import paired

_LAST = 3
"""The final phase of a training is its last third."""

_RISE_FROM = 30
"""The epoch from which the paper sees the test loss of cross-entropy rise (Section 4.2)."""

_PAPER_EPOCHS = 120
"""Length of the paper's trainings on CIFAR-10 (Figures 7 and 8)."""

Clusters = tuple[tuple[str, ...], ...]

_CLUSTERS: Clusters = (
    ("ce_mean", "ce_none"),
    ("isbe_softmax", "isbe_sigmoid", "isbe_hardsigmoid"),
    ("isbe_tanh", "isbe_hardtanh"),
)
"""Clusters of training losses on MNIST (Section 4.1.3), without ce_sum, which the paper sums."""

_TEST_CLUSTERS: Clusters = _CLUSTERS[1:]
"""Clusters of test losses on CIFAR-10 (Section 4.2)."""


def make(analysis: Analysis) -> Iterable[Claim]:
    """All claims on learning curves."""
    groups = [group for group in analysis.paper_trainings if group.has_curves]
    mnist, cifar = (
        [(group, group.curves) for group in groups if group.dataset == dataset]
        for dataset in ("mnist", "cifar10")
    )
    for name, finding, subjects, used, otherwise in (
        ("steadier", _steadier, mnist, _against_ce, "table3_alpha"),
        ("clusters", _clustered, mnist, _in(_CLUSTERS), "table3_alpha"),
        ("test_clusters", _test_clustered, cifar, _in(_TEST_CLUSTERS), "figure6"),
        ("converges", _converges, cifar, _against_ce, "figure6"),
        ("rises", _rises, cifar, _against_ce, "figure6"),
    ):
        by_group = {group: finding(group, curves) for group, curves in subjects}
        findings = [made for each in by_group.items() if (made := about(*each))]
        yield judge(name, findings, training_basis(list(map(used, deciding(by_group))), otherwise))


def _against_ce(group: Trainings) -> pd.DataFrame:
    """The runs behind claims that compare ISBE with ce_mean."""
    return group.compared_runs("ce_mean", *ISBE)


def _in(clusters: Clusters) -> Callable[[Trainings], pd.DataFrame]:
    """The runs behind claims on clusters, which need every mode."""
    return lambda group: group.paired_runs(*_modes(clusters))


def final(curves: pd.DataFrame) -> pd.DataFrame:
    """The epochs of the final phase."""
    length = int(curves["epoch"].max())
    return curves[curves["epoch"] > length - max(1, length // _LAST)]


def at_the_end(curves: pd.DataFrame, column: str) -> pd.DataFrame:
    """A column after the last epoch, a row per seed and a column per mode."""
    last = curves[curves["epoch"] == curves["epoch"].max()]
    table: pd.DataFrame = last.pivot_table(index="seed", columns="mode", values=column)
    return table


def _modes(clusters: Clusters) -> list[str]:
    return [mode for cluster in clusters for mode in cluster]


def _lines(curves: pd.DataFrame, column: str) -> tuple[pd.DataFrame, "pd.Series[float]"]:
    """A column of complete runs, one row per epoch and one column per (seed, mode), and its slopes."""
    wide = curves.pivot_table(index="epoch", columns=["seed", "mode"], values=column).dropna(
        axis="columns"
    )
    _, slopes = np.polynomial.polynomial.polyfit(wide.index, wide.to_numpy(), 1)
    return wide, pd.Series(slopes, index=wide.columns)


def _by_seed(values: "pd.Series[float]") -> pd.DataFrame:
    """Values by (seed, mode) as a table, one row per seed and one column per mode."""
    table: pd.DataFrame = values.rename("value").reset_index()
    return table.pivot_table(index="seed", columns="mode", values="value")


def _steadier(group: Trainings, curves: pd.DataFrame) -> Finding | None:
    modes = [mode for mode in ISBE if mode in group.modes]
    last = final(curves)
    if "ce_mean" not in group.modes or not modes or last["epoch"].nunique() < 4:
        return None
    accuracies, slopes = _lines(last, "test_accuracy")
    trends = np.outer(accuracies.index - accuracies.index.to_numpy().mean(), slopes)
    spread = _by_seed((accuracies - trends).std(ddof=2))
    ratios = fullest(spread[modes].div(spread["ce_mean"], axis=0))
    if ratios.empty:
        return None
    if not np.isfinite(np.log(ratios.where(ratios > 0))).all(axis=None):
        lacking = "the accuracy of some run does not vary at all; longer trainings would decide"
        return Finding(group.title, "undecided", f"{len(ratios)} seeds", lacking)
    # One value per seed: modes with the same seed share batches and are not independent.
    by_seed = np.exp(np.log(ratios).mean(axis=1))
    cell = ratio_interval(by_seed.tolist())
    each = ", ".join(
        f"{mode.removeprefix('isbe_')} {ratios[mode].mean():.2f}" for mode in map(str, ratios)
    )
    within = "" if cell.count < 2 else f" [{cell.low:.2f}, {cell.high:.2f}]"
    evidence = (
        f"{cell.mean:.2f} times{within} over {cell.count} seeds ({each}); "
        f"ce_mean varies by {spread['ce_mean'].mean():.3f} points"
    )
    logs, name = log_interval(cell), "spread under ISBE over ce_mean"
    holds, fails = MeanTest(logs, high=0, name=name), MeanTest(logs, low=0, name=name)
    return by_rule(group.title, evidence, Rule([holds], [fails], _against_ce(group), "log"))


def _clustered(group: Trainings, curves: pd.DataFrame) -> Finding | None:
    return apart(group, curves, "train_loss", _CLUSTERS)


def _test_clustered(group: Trainings, curves: pd.DataFrame) -> Finding | None:
    return long_enough(group, apart(group, curves, "test_loss", _TEST_CLUSTERS))


def long_enough(group: Trainings, finding: Finding | None) -> Finding | None:
    """The finding, made undecided if the trainings end before the paper's curves separate."""
    if not finding or group.epochs >= WHOLE_TRAININGS.get(group.net, _RISE_FROM):
        return finding
    lacking = f"{group.length} are too few; the paper's {_PAPER_EPOCHS} would decide"
    return dataclasses.replace(finding, verdict="undecided", lacking=lacking, shortage=None)


def apart(group: Trainings, curves: pd.DataFrame, loss: str, clusters: Clusters) -> Finding | None:
    modes = _modes(clusters)
    if not set(modes) <= set(group.modes):
        return None
    levels = final(curves).pivot_table(index="seed", columns="mode", values=loss)[modes].dropna()
    logs = np.log(levels)
    within = [logs[list(cluster)].max(axis=1) - logs[list(cluster)].min(axis=1) for cluster in clusters]
    ranges = [(logs[list(cluster)].min(axis=1), logs[list(cluster)].max(axis=1)) for cluster in clusters]
    gaps = [
        np.maximum(low_a - high_b, low_b - high_a)
        for at, (low_a, high_a) in enumerate(ranges)
        for low_b, high_b in ranges[at + 1 :]
    ]
    widest, narrowest = pd.concat(within, axis=1).max(axis=1), pd.concat(gaps, axis=1).min(axis=1)
    apart = int((narrowest > widest).sum())
    cell = mean_interval((narrowest - widest).tolist())
    evidence = (
        f"losses differ by a factor of up to {np.exp(widest.mean()):.2f} within clusters and of "
        f"{np.exp(narrowest.mean()):.2f} or more between them, so in {apart} of {len(levels)} seeds"
    )
    name = "least distance between clusters minus largest within"
    rule = Rule(
        [MeanTest(cell, low=0, name=name)],
        [MeanTest(cell, high=0, name=name)],
        group.paired_runs(*modes),
        "log",
    )
    return by_rule(group.title, evidence, rule)


def _converges(group: Trainings, curves: pd.DataFrame) -> Finding | None:
    modes = [mode for mode in ISBE if mode in group.modes]
    if "ce_mean" not in group.modes or not modes:
        return None
    ends = at_the_end(curves, "train_accuracy")
    differences = fullest(ends[modes].sub(ends["ce_mean"], axis=0))
    if differences.empty:
        return None
    cells = {str(mode): paired(differences[mode].tolist(), group.margin) for mode in differences}
    evidence = ", ".join(f"{label(mode)} {points(pair)}" for mode, pair in cells.items())
    names = {f"{label(mode)} minus {label('ce_mean')}": pair for mode, pair in cells.items()}
    higher = [above(pair, name) for name, pair in names.items()] if len(cells) == len(ISBE) else []
    not_above = [test(pair, name) for name, pair in names.items() for test in (below, same)]
    evidence = f"{evidence}; ce_mean {ends['ce_mean'].mean():.2f}%"
    rule = Rule(higher, not_above, _against_ce(group))
    return long_enough(group, by_rule(group.title, evidence, rule))


def _rises(group: Trainings, curves: pd.DataFrame) -> Finding | None:
    """Whether the test loss of cross-entropy rises from epoch 30 on, by its slope."""
    modes = [mode for mode in ("ce_mean", *ISBE) if mode in group.modes]
    if "ce_mean" not in modes or len(modes) < 2:
        return None
    length = int(curves["epoch"].max())
    if length < 2 * _RISE_FROM:
        lacking = (
            f"{group.length} show no trend from epoch {_RISE_FROM} on; {_PAPER_EPOCHS} would decide"
        )
        return Finding(group.title, "undecided", "no such epochs", lacking)
    late = curves[curves["epoch"] >= _RISE_FROM]
    losses, trends = _lines(late, "test_loss")
    slopes = 100 * _by_seed(trends / losses.mean())
    behind = fullest(slopes[modes[1:]].rsub(slopes["ce_mean"], axis=0))
    if behind.empty:
        return None
    others = [str(mode) for mode in behind]
    slopes = slopes.loc[behind.index]
    cells = {mode: mean_interval(slopes[mode].tolist()) for mode in ("ce_mean", *others)}
    evidence = ", ".join(f"{mode} {interval_text(cell, 3)}" for mode, cell in cells.items())
    rising = [MeanTest(cells[mode], low=0, name=f"slope of {mode}") for mode in others]
    steeper = [
        MeanTest(mean_interval(behind[mode].tolist()), low=0, name=f"slope of ce_mean minus {mode}")
        for mode in others
    ]
    rises = MeanTest(cells["ce_mean"], low=0, name="slope of ce_mean")
    falls = MeanTest(cells["ce_mean"], high=0, name="slope of ce_mean")
    holds = [] if any(test.passes for test in rising) else [rises, *steeper]
    rule = Rule(holds, [falls, *rising], _against_ce(group), "% an epoch")
    return by_rule(group.title, f"test loss, % an epoch: {evidence}", rule)
