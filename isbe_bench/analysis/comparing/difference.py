"""What is compared between two results folders, A and B, and the result."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from isbe_bench.statistics.intervals import MeanInterval


@dataclasses.dataclass(frozen=True)
class Key:
    """What two folders must have in common to be compared.

    Attributes
    ----------
    task
        The task of the runs.
    where
        Data set, network, settings and so on, as pairs of column and value; not the device.
    mode
        A loss, a way of `task=head`, the A/A twin of one, or the subject of another task.
    reference
        The mode that others are compared with within each folder; None where there is none.
    """

    task: str
    where: tuple[tuple[str, object], ...]
    mode: str
    reference: str | None = None

    @classmethod
    def of(cls, task: str, where: Mapping[str, Any], mode: str, reference: str | None = None) -> "Key":
        """The key of a group's mode; the device that measured it is left out."""
        items = tuple((name, value) for name, value in where.items() if name != "device")
        return cls(task, items, mode, reference)


@dataclasses.dataclass(frozen=True)
class Seeds:
    """Numbers of seeds: in both folders, in one alone, and with identical predictions in both."""

    common: int
    only_a: int
    only_b: int
    identical: int


@dataclasses.dataclass(frozen=True)
class Difference:
    """One quantity in A and in B.

    Attributes
    ----------
    key
        What it is about.
    quantity, reference
        `alpha`, `tau`, `total_percent` and so on, and what it is relative to, as in `Cell`.
    a, b
        The quantity in each folder.
    difference
        B minus A in the unit of the quantity; for `times_floor`, the change from A to B in percent; None
        for times in ms, which are not compared by a difference.
    method
        How the interval was computed; empty without one.
    verdict, words, within
        As in `Cell`; `identical` if both folders have the same values, bit for bit.
    seeds
        The seeds of trainings; None for other tasks.
    disturbed
        Numbers of disturbed processes in A and in B; None for tasks that measure no time.
    """

    key: Key
    quantity: str
    a: MeanInterval
    b: MeanInterval
    difference: MeanInterval | None
    method: Literal["paired", "Welch", ""] = ""
    verdict: str = ""
    words: str = ""
    within: float = float("nan")
    reference: str | None = None
    seeds: Seeds | None = None
    disturbed: tuple[int, int] | None = None

    @property
    def ratio(self) -> float:
        """B over A; NaN if A is 0."""
        return self.b.mean / self.a.mean if self.a.mean else float("nan")
