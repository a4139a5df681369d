"""Claims of Tomasi 2019 on training: batch sizes, early stopping and dropout."""

from collections.abc import Iterable, Mapping

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.descent import Descent
from isbe_bench.analysis.stopping import Stops
from isbe_bench.catalogue.losses import REFERENCE
from isbe_bench.publication.claim import Claim, Finding
from isbe_bench.publication.claims.accuracies import above, below, points, same, training_basis
from isbe_bench.publication.claims.judging import Rule, by_rule, deciding, judge
from isbe_bench.publication.claims.theorems import of_statements
from isbe_bench.publication.words import ratio_text
from isbe_bench.statistics.intervals import MeanInterval, log_interval
from isbe_bench.statistics.power import MeanTest

_SOURCE = "tomasi"
_SMALL = range(2, 65)
"""Of mini-batches, up to a few dozen images."""
_DROPOUT = ("tomasi.section5.linear", "tomasi.section5.softmax", "tomasi.section5.relu")


def make(analysis: Analysis) -> Iterable[Claim]:
    """All claims of Sections 4 and 5."""
    descents = [each for each in analysis.descents if each.mode == REFERENCE]
    for name, finding in (("online_faster", _online), ("small_batches", _small_batches)):
        by_group = {each: finding(each) for each in descents}
        findings = [each for each in by_group.values() if each]
        basis = training_basis([each.runs for each in deciding(by_group)], "descent")
        yield judge(name, findings, basis, _SOURCE)
    yield _stopping(analysis.stops)
    yield of_statements(analysis, "dropout", _DROPOUT, _SOURCE)


def _online(descent: Descent) -> Finding | None:
    """Whether batches of one image reach a lower loss than the largest batch."""
    largest = descent.sizes[-1]
    ratio = descent.loss_ratio(1, largest) if descent.sizes[0] == 1 else None
    if not ratio:
        return None
    evidence = f"{_times(ratio)} the loss of batches of {largest}"
    return by_rule(descent.title, evidence, _rule(descent, {f"1 over {largest}": ratio}))


def _small_batches(descent: Descent) -> Finding | None:
    """Whether the best small batch has a lower loss than one image, and than the best larger batch."""
    middle = [size for size in descent.sizes if size in _SMALL]
    smaller = [size for size in descent.sizes if size < _SMALL.start]
    larger = [size for size in descent.sizes if size >= _SMALL.stop]
    if not (middle and smaller and larger):
        return None
    best = _best(descent, middle)
    ratios = {
        size: descent.loss_ratio(best, size)
        for size in (_best(descent, each) for each in (smaller, larger))
    }
    known = {size: ratio for size, ratio in ratios.items() if ratio}
    if len(known) < len(ratios):
        return None
    evidence = ", ".join(f"{_times(ratio)} that of {size}" for size, ratio in known.items())
    rule = _rule(descent, {f"{best} over {size}": ratio for size, ratio in known.items()})
    return by_rule(descent.title, f"the loss of batches of {best} is {evidence}", rule)


def _rule(descent: Descent, ratios: Mapping[str, MeanInterval]) -> Rule:
    """The rule by which all these ratios of losses, by the sizes of the batches, are below 1."""
    logs = {f"loss of batches of {name}": log_interval(ratio) for name, ratio in ratios.items()}
    lower = [MeanTest(log, high=0, name=name) for name, log in logs.items()]
    higher = [MeanTest(log, low=0, name=name) for name, log in logs.items()]
    return Rule(lower, higher, descent.runs, "log")


def _best(descent: Descent, sizes: list[int]) -> int:
    return min(sizes, key=lambda size: descent.loss(size).mean)


def _times(ratio: MeanInterval) -> str:
    mean, *interval = ratio_text(ratio).partition(" ")
    return "".join([mean, " times", *interval])


def _stopping(every: Iterable[Stops]) -> Claim:
    """From each loss of each group whose trainings went on after their stop."""
    by_group = {(stops, mode): _gain(stops, mode) for stops in every for mode in stops.modes}
    findings = [each for each in by_group.values() if each]
    frames = [_runs(stops, mode) for stops, mode in deciding(by_group)]
    return judge("stopping", findings, training_basis(frames, "stopping"), _SOURCE)


def _gain(stops: Stops, mode: str) -> Finding | None:
    rows, pair = stops.of(mode), stops.difference(mode)
    if not pair or not stops.has_patience(mode):
        return None
    met = int((rows["criterion"] != "").sum())
    evidence = (
        f"{points(pair)}; stopped after {rows['epoch'].mean():.1f} epochs, {met} of {len(rows)} runs"
    )
    where, name = f"{stops.group.title}, {mode}", "stopped minus whole training"
    not_better = [below(pair, name), same(pair, name)]
    return by_rule(where, evidence, Rule([above(pair, name)], not_better, _runs(stops, mode)))


def _runs(stops: Stops, mode: str) -> pd.DataFrame:
    runs = stops.group.runs
    return runs[runs["run"].isin(stops.of(mode)["run"])]
