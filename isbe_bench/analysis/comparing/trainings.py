"""Alpha of trainings in two results folders, paired by seed."""

from collections.abc import Iterator
from typing import Literal

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.comparing.difference import Difference, Key, Seeds
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.statistics.intervals import mean_interval, welch_interval
from isbe_bench.statistics.verdicts import paired


def members(analysis: Analysis) -> Iterator[tuple[Key, Trainings]]:
    """Each mode of each group, and each variant of the groups with several classifiers."""
    plain = analysis.trainings
    modes = [(group, mode) for group in plain for mode in group.modes]
    known = {run for group in plain for run in group.runs["run"]}
    variants = [
        (each.group, mode)
        for each in analysis.classifiers
        for mode in each.modes
        if not set(each.group.runs.loc[each.group.runs["mode"] == mode, "run"]) <= known
    ]
    for group, mode in [*modes, *variants]:
        # The column `epochs` states `train.epochs`.
        where = group.where | {"settings": group.other_settings}
        yield Key.of("train", where, mode), group


def differences(key: Key, a: Trainings, b: Trainings) -> Iterator[Difference]:
    """Alpha, from the seeds that both have; if there are none, from all seeds, without pairs."""
    one, other = (group.by_seed[key.mode].dropna() for group in (a, b))
    common = one.index.intersection(other.index)
    identical = [
        seed
        for seed in common
        if a.images.predictions(key.mode, seed) == b.images.predictions(key.mode, seed)
    ]
    shared = len(common)
    seeds = Seeds(shared, len(one) - shared, len(other) - shared, len(identical))
    if not shared:
        value_a, value_b = mean_interval(one.tolist()), mean_interval(other.tolist())
        difference = welch_interval(other.tolist(), one.tolist())
        method: Literal["Welch", ""] = "Welch" if difference.count > 1 else ""
        yield Difference(
            key, "alpha", value_a, value_b, difference, method, words="no common seed", seeds=seeds
        )
        return
    pair = paired((other - one)[common].tolist(), a.margin)
    same = len(identical) == shared
    yield Difference(
        key,
        "alpha",
        mean_interval(one[common].tolist()),
        mean_interval(other[common].tolist()),
        pair.difference,
        "paired",
        "identical" if same else pair.verdict,
        "identical" if same else pair.words,
        pair.margin,
        seeds=seeds,
    )
