"""Cells: one measured number each, as tables and interval plots show it."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from isbe_bench.statistics.intervals import MeanInterval

Where = Mapping[str, object]
"""Identifies the runs of a cell: data set, network, settings and so on, by column name."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """A quantity under one mode, or its difference from a reference.

    Attributes
    ----------
    where
        See `Where`.
    quantity
        `alpha`, `tau`, `total_ms` and so on.
    mode
        A loss, `isbe_softmax:function`, a way of `task=head`, or the A/A twin of one.
    reference
        The mode that the value is a difference from, or a ratio to; None for the quantity itself.
    value
        Mean, interval and `count`, over seeds, pairs of runs or processes.
    verdict
        Verdict on the difference, as in `statistics.verdicts`; empty where there is none.
    words
        The verdict in words, with its size: `same within 0.1`.
    within
        The size that the difference cannot exceed, in the unit of the quantity; NaN without a verdict.
    paper
        The value printed in the paper; None where it prints none.
    disturbed
        Number of processes whose times are not to be trusted; None for trainings.
    """

    where: Where
    quantity: str
    mode: str
    reference: str | None
    value: MeanInterval
    verdict: str = ""
    words: str = ""
    within: float = float("nan")
    paper: float | None = None
    disturbed: int | None = None

    @property
    def is_difference(self) -> bool:
        """Whether the cell compares two modes."""
        return self.reference is not None


def rows(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    """Group cells into table rows: the cells of a row have the same `where` and `reference`."""
    grouped: dict[tuple[object, ...], list[Cell]] = {}
    for cell in cells:
        grouped.setdefault((*cell.where.values(), cell.reference), []).append(cell)
    yield from grouped.values()
