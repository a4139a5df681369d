"""Two results folders, A and B, compared run by run: what both measured, and B minus A."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import TypeVar

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.comparing import others, times, trainings
from isbe_bench.analysis.comparing.difference import Difference, Key
from isbe_bench.analysis.comparing.origins import OriginDifference, origin_differences
from isbe_bench.analysis.reading.settings import common_labels

Member = TypeVar("Member")


@dataclasses.dataclass
class Compared:
    """What two results folders share, and what only one of them has.

    Attributes
    ----------
    origins
        How the runs of tasks that both have differ in where and how they were made.
    differences
        One for each quantity that both measured.
    only_a, only_b
        What only one folder has.
    """

    origins: list[OriginDifference]
    differences: list[Difference] = dataclasses.field(default_factory=list)
    only_a: list[Key] = dataclasses.field(default_factory=list)
    only_b: list[Key] = dataclasses.field(default_factory=list)

    def add(
        self,
        members: Callable[[Analysis], Iterator[tuple[Key, Member]]],
        differences: Callable[[Key, Member, Member], Iterator[Difference]],
        a: Analysis,
        b: Analysis,
    ) -> None:
        """Match the members of two analyses by their keys, and compare those that both have."""
        one, other = dict(members(a)), dict(members(b))
        for key in one:
            if key in other:
                self.differences += differences(key, one[key], other[key])
        self.only_a += [key for key in one if key not in other]
        self.only_b += [key for key in other if key not in one]


def compare(a: Collection, b: Collection) -> Compared:
    """Compare the runs of two results folders; where nothing is shared, `differences` is empty."""
    compared = Compared(list(origin_differences(a, b)))
    one, other = _with_common_settings(a, b)
    compared.add(trainings.members, trainings.differences, one, other)
    compared.add(times.timing_members, times.timing_differences, one, other)
    compared.add(times.head_members, times.head_differences, one, other)
    compared.add(others.check_members, others.check_differences, one, other)
    compared.add(others.own_members, others.own_differences, one, other)
    return compared


def _with_common_settings(a: Collection, b: Collection) -> tuple[Analysis, Analysis]:
    """The analysis of each folder, with the column `settings` telling runs of both apart.

    On its own, a folder names only those settings that differ among its own runs.
    """
    runs, measured = [a.runs, b.runs], [dict(a.measurements), dict(b.measurements)]
    if not (a.runs.empty or b.runs.empty):
        labels = common_labels(a.runs, b.runs)
        runs = [each.assign(settings=texts) for each, texts in zip(runs, labels, strict=True)]
    for task in a.measurements:
        pair = [each[task] for each in measured]
        if any(each.runs.empty for each in pair):
            continue
        labels = common_labels(pair[0].runs, pair[1].runs)
        for side, each, texts in zip(measured, pair, labels, strict=True):
            side[task] = dataclasses.replace(each, runs=each.runs.assign(settings=texts))
    one, other = (
        Analysis(dataclasses.replace(each, runs=own, measurements=tasks))
        for each, own, tasks in zip((a, b), runs, measured, strict=True)
    )
    return one, other
