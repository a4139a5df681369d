"""Measurements of tau that differ in batch size, and so in how long a step takes: `experiment=why_tau`.

A short step is mostly overhead: of Python, of the dispatch of operations, on a GPU of their launches.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd

from isbe_bench.analysis.reading import settings
from isbe_bench.analysis.timings import Timings
from isbe_bench.catalogue.losses import CROSS_ENTROPY

SIZE = "timing.batch_size"
SEQUENCE = "timing.sequence"
USUAL = 128
"""Images in a batch of the paper's measurements, and of `task=timing` by default."""
_FEWEST = 3  # sizes that make a series
_BETWEEN_SIZES = (SIZE, "timing.processes", "timing.rounds", "timing.warmup")
"""Settings that may differ within a series."""


class StepSizes:
    """One network on one machine, timed with several batch sizes.

    Attributes
    ----------
    where
        Data set, network, device, and settings other than the batch size.
    by_size
        The measurement with each batch size, which rises.
    """

    def __init__(self, where: dict[str, Any], members: dict[int, Timings]) -> None:
        self.where = where
        self.by_size = dict(sorted(members.items()))

    @property
    def groups(self) -> list[Timings]:
        """The measurements, by rising batch size."""
        return list(self.by_size.values())

    @property
    def modes(self) -> list[str]:
        """The modes that were measured with every batch size, but for the reference."""
        first, *others = self.groups
        shared = set(first.modes).intersection(*(each.modes for each in others))
        return [mode for mode in first.modes if mode in shared and mode != self.reference]

    @property
    def reference(self) -> str:
        """The loss that all others are compared with."""
        return self.groups[0].comparison.reference


def series(timings: Iterable[Timings]) -> Iterator[StepSizes]:
    """All networks that were timed in rounds with three batch sizes or more.

    Of two measurements with one batch size, that with more processes counts, then that with more rounds.
    """
    found: dict[tuple[Any, ...], dict[int, Timings]] = defaultdict(dict)
    for group in timings:
        if is_interleaved(group):
            label = str(group.where["settings"])
            for key in _BETWEEN_SIZES:
                label = settings.without(key, label)
            if "device.threads=" in label:  # which says the same
                label = settings.without("environment.threads", label)
            where, reference = group.where | {"settings": label}, group.comparison.reference
            same = found[*where.items(), reference]
            same[_size(group)] = max(group, same.get(_size(group), group), key=_effort)
    for (*place, _), members in found.items():
        if len(members) >= _FEWEST:
            yield StepSizes(dict(place), members)


def main(timings: Sequence[Timings]) -> list[Timings]:
    """The measurements that tables of times show, whose settings say how they differ from one another.

    `experiment=why_tau` has tables of its own. So measurements in which one loss ran after another are
    left out, and a series of batch sizes, of which the usual one stays if its network was not timed
    otherwise.
    """
    interleaved = [group for group in timings if is_interleaved(group)]
    in_series = {
        id(group): size
        for each in series(timings)
        if USUAL in each.by_size
        for size, group in each.by_size.items()
    }
    alone = {_place(group) for group in interleaved if id(group) not in in_series}
    shown = [
        group
        for group in interleaved
        if id(group) not in in_series or (in_series[id(group)] == USUAL and _place(group) not in alone)
    ]
    return _labelled_anew(shown) if len(shown) < len(timings) else shown


def _labelled_anew(groups: Sequence[Timings]) -> list[Timings]:
    """The same groups, whose settings leave out what is the same in all of them."""
    if not groups:
        return []
    runs = pd.concat([group.runs for group in groups])
    labels = dict(zip(runs["run"], settings.labels(runs), strict=True))
    return [
        Timings(
            group.where | {"settings": labels[group.runs["run"].iloc[0]]}, group.comparison, group.runs
        )
        for group in groups
    ]


def _place(group: Timings) -> tuple[Any, ...]:
    return tuple(group.where[key] for key in ("dataset", "net", "device"))


def _effort(group: Timings) -> tuple[int, int]:
    return group.comparison.processes, int(group.runs["timing.rounds"].max())


def _size(group: Timings) -> int:
    return int(group.runs[SIZE].iloc[0])


def is_interleaved(group: Timings) -> bool:
    """Whether the losses took turns."""
    return bool(group.runs[SEQUENCE].eq("interleaved").all())


def spreads(group: Timings) -> dict[str, list[float]]:
    """Differences of tau between modes that do the same work, in points: a value for each process.

    `A/A` is the twin of the first loss minus that loss; `ce` the largest minus the smallest of the
    cross-entropies.
    """
    comparison = group.comparison
    found = {"A/A": comparison.differences("tau", comparison.control, comparison.reference)}
    entropies = [mode for mode in CROSS_ENTROPY if mode in comparison.modes]
    if len(entropies) > 1:
        rows = zip(*(comparison.values("tau", mode) for mode in entropies), strict=True)
        found["ce"] = [max(row) - min(row) for row in rows]
    return found
