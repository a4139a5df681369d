"""Claims of Zhu et al. 2020: scaled batch norm before softmax."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from isbe_bench.analysis import Analysis, variants
from isbe_bench.analysis.classifiers import Classifiers
from isbe_bench.catalogue.losses import REFERENCE
from isbe_bench.publication.claim import Claim, Finding
from isbe_bench.publication.claims.accuracies import above, below, points, same, training_basis
from isbe_bench.publication.claims.judging import Rule, by_rule, decide, deciding, judge
from isbe_bench.statistics.intervals import MeanInterval, log_interval, mean_interval, ratio_interval
from isbe_bench.statistics.power import MeanTest
from isbe_bench.statistics.verdicts import Paired

_SOURCE, _EXPERIMENT = "zhu", "zhu_table1"
_NEGLIGIBLE = 0.1
"""Of the mean norm of p - y, which is at most the square root of 2."""
_INNER = (0.025, 0.975)
"""The shares between which 95% of the scores lie."""
_LAYER = "ce_mean/scaled_bn(1)"
"""The variant that claims without a scale are judged by: the text's largest, and our default."""
_SCALES = ("0.8", "0.9", "1")
_MARGINS = ("am_softmax", "pedcc")

ByGroup = Mapping[Classifiers, Finding | None]


def make(analysis: Analysis) -> Iterable[Claim]:
    """All claims of the text, in its order."""
    groups = analysis.classifiers
    yield _claim("negligible", {group: _negligible(group) for group in groups}, REFERENCE)
    by_group = {group: _larger(group, group.errors, "the error at the scores") for group in groups}
    yield _claim("kept_up", by_group, REFERENCE, _LAYER)
    by_group = {group: _larger(group, group.gradients, "the gradient") for group in groups}
    yield _claim("gradient", by_group, REFERENCE, _LAYER)
    yield _claim("ranges", {group: _ranges(group) for group in groups}, REFERENCE, _LAYER)
    yield _claim("norms", {group: _norms(group) for group in groups}, REFERENCE, _LAYER)
    for scale in _SCALES:
        mode = f"ce_mean/scaled_bn({scale})"
        by_group = {group: _above(group, mode, REFERENCE) for group in groups}
        yield _claim("above_ce", by_group, REFERENCE, mode, scale=scale)
    yield _claim("above_margins", {group: _above_margins(group) for group in groups}, *_modes(groups))
    yield _claim("pedcc_best", {group: _pedcc_best(group) for group in groups}, *_modes(groups))
    yield _claim("am_little", {group: _am_little(group) for group in groups}, *_modes(groups))
    learned = "ce_mean/scaled_bn(1,affine)"
    by_group = {group: _above(group, _LAYER, learned) for group in groups}
    yield _claim("affine", by_group, _LAYER, learned)


def _claim(name: str, by_group: ByGroup, *modes: str, **words: str) -> Claim:
    """One claim from the findings of all groups; its basis is the runs of the groups that decide."""
    findings = [finding for finding in by_group.values() if finding]
    frames = [_runs(each, modes) for each in deciding(by_group)]
    return judge(name, findings, training_basis(frames, _EXPERIMENT), _SOURCE, **words)


def _runs(group: Classifiers, modes: Iterable[str]) -> pd.DataFrame:
    """The runs of these variants, with the loss mode that a command names."""
    present = [mode for mode in modes if mode in group.modes]
    runs = group.group.runs[group.group.runs["mode"].isin(present)]
    return runs.assign(mode=runs["loss.name"])


def _paired_runs(group: Classifiers, *modes: str) -> pd.DataFrame:
    """`_runs` of these variants for the seeds that they share."""
    runs = _runs(group, modes)
    return runs[runs["seed"].isin(group.group.common_seeds(*modes))]


def _modes(groups: Iterable[Classifiers]) -> list[str]:
    """The variants of the claims on improved losses."""
    every = {mode for group in groups for mode in group.modes}
    return [mode for mode in every if variants.loss_of(mode) in _MARGINS or _is_ours(mode)]


def _is_ours(mode: str) -> bool:
    return variants.loss_of(mode) == REFERENCE and variants.classifier_of(mode) == "scaled_bn"


def _last(values: pd.DataFrame, mode: str) -> "pd.Series[float]":
    """The values of a variant in the last epoch, by seed; empty if it has none."""
    if values.empty or mode not in values.columns.get_level_values("mode"):
        return pd.Series(dtype=float)
    last: pd.Series[float] = values[mode].iloc[-1].dropna()
    return last


def _negligible(group: Classifiers) -> Finding | None:
    errors = _last(group.errors, REFERENCE)
    if errors.empty:
        return None
    cell, first = mean_interval(errors.tolist()), group.errors[REFERENCE].iloc[0].mean()
    evidence = (
        f"mean norm of p - y {_interval(cell)} in epoch {group.group.epochs}, {first:.3f} in the first"
    )
    name = "mean norm of p - y"
    holds = MeanTest(cell, high=_NEGLIGIBLE, name=name)
    fails = MeanTest(cell, low=_NEGLIGIBLE, name=name)
    rule = Rule([holds], [fails], _runs(group, [REFERENCE]), unit="norm")
    return by_rule(_title(group), evidence, rule)


def _larger(group: Classifiers, values: pd.DataFrame, what: str) -> Finding | None:
    """Whether a quantity is larger with the layer in the last epoch, as a ratio paired by seed."""
    ratios = (_last(values, _LAYER) / _last(values, REFERENCE)).dropna()
    if ratios.empty:
        return None
    cell = ratio_interval(ratios.tolist())
    evidence = f"{what} is {_interval(cell)} times as large over {cell.count} seeds"
    return by_rule(_title(group), evidence, _ratio_rule(group, cell, f"{what}, with over without"))


def _ratio_rule(group: Classifiers, ratio: MeanInterval, name: str) -> Rule:
    """The rule by which a ratio, with the layer over without it, is above 1."""
    logs, runs = log_interval(ratio), _paired_runs(group, _LAYER, REFERENCE)
    return Rule([MeanTest(logs, low=0, name=name)], [MeanTest(logs, high=0, name=name)], runs, "log")


def _ranges(group: Classifiers) -> Finding | None:
    plain, layered = (group.score_quantiles(mode) for mode in (REFERENCE, _LAYER))
    if plain.empty or layered.empty:
        return None
    low, high = (plain[share] for share in _INNER)
    narrow_low, narrow_high = (layered[share] for share in _INNER)
    evidence = (
        f"95% of the test scores lie within {low:.1f} and {high:.1f} without the layer, within "
        f"{narrow_low:.1f} and {narrow_high:.1f} with it"
    )
    within = low >= -5 and high <= 5 and narrow_low >= -2 and narrow_high <= 2
    return decide(_title(group), evidence, within, _paired_runs(group, REFERENCE, _LAYER))


def _norms(group: Classifiers) -> Finding | None:
    layered, plain = (group.weight_norms_by_seed(mode) for mode in (_LAYER, REFERENCE))
    ratios = (layered / plain).dropna()
    if ratios.empty:
        return None
    cell = ratio_interval(ratios.tolist())
    evidence = (
        f"{_interval(cell)} times as large over {cell.count} seeds: {layered.mean():.2f} with the "
        f"layer, {plain.mean():.2f} without"
    )
    rule = _ratio_rule(group, cell, "norm of the weights, with over without")
    return by_rule(_title(group), evidence, replace(rule, holds=rule.fails, fails=rule.holds))


def _above(group: Classifiers, mode: str, reference: str) -> Finding | None:
    pair = group.group.difference(mode, reference)
    return _higher(group, mode, reference, pair, points(pair)) if pair else None


def _higher(group: Classifiers, mode: str, reference: str, pair: Paired, evidence: str) -> Finding:
    name = f"{mode} minus {reference}"
    not_above = [below(pair, name), same(pair, name)]
    rule = Rule([above(pair, name)], not_above, _paired_runs(group, mode, reference))
    return by_rule(_title(group), evidence, rule)


def _best(group: Classifiers, is_member: Callable[[str], bool]) -> str | None:
    """The variant with the highest mean accuracy of some."""
    members = [mode for mode in group.modes if is_member(mode)]
    return max(members, key=lambda mode: np.mean(group.group.alphas(mode)), default=None)


def _by_loss(group: Classifiers) -> Iterator[str]:
    """The best setting of each improved loss."""
    for loss in _MARGINS:
        best = _best(group, lambda mode, loss=loss: variants.loss_of(mode) == loss)  # type: ignore[misc]
        if best:
            yield best


def _above_margins(group: Classifiers) -> Finding | None:
    ours, others = _best(group, _is_ours), list(_by_loss(group))
    if not ours or not others:
        return None
    pairs = {other: group.group.difference(ours, other) for other in others}
    known = {other: pair for other, pair in pairs.items() if pair}
    if not known:
        return None
    evidence = "; ".join(f"{ours} against {other} {points(pair)}" for other, pair in known.items())
    names = {f"{ours} minus {other}": pair for other, pair in known.items()}
    higher = [above(pair, name) for name, pair in names.items()] if len(known) == len(_MARGINS) else []
    not_above = [test(pair, name) for name, pair in names.items() for test in (below, same)]
    rule = Rule(higher, not_above, _paired_runs(group, ours, *known))
    return by_rule(_title(group), evidence, rule)


def _pedcc_best(group: Classifiers) -> Finding | None:
    best = {variants.loss_of(mode): mode for mode in _by_loss(group)}
    if set(best) != set(_MARGINS):
        return None
    pair = group.group.difference(best["pedcc"], best["am_softmax"])
    if not pair:
        return None
    evidence = f"{best['pedcc']} against {best['am_softmax']} {points(pair)}"
    return _higher(group, best["pedcc"], best["am_softmax"], pair, evidence)


def _am_little(group: Classifiers) -> Finding | None:
    best = _best(group, lambda mode: variants.loss_of(mode) == "am_softmax")
    pair = group.group.difference(best, REFERENCE) if best and REFERENCE in group.modes else None
    if not best or not pair:
        return None
    name = f"{best} minus {REFERENCE}"
    little = MeanTest(pair.difference, high=pair.margin, level=0.05, name=name)
    rule = Rule([little], [above(pair, name)], _paired_runs(group, best, REFERENCE))
    return by_rule(_title(group), f"{best} {points(pair)}", rule)


def _title(group: Classifiers) -> str:
    return " ".join(filter(None, (group.group.title, group.group.other_settings)))


def _interval(cell: MeanInterval) -> str:
    if cell.count < 2:
        return f"{cell.mean:.3f}"
    return f"{cell.mean:.3f} [{cell.low:.3f}, {cell.high:.3f}]"
