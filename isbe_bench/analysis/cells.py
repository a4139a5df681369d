"""One measured number beside what it is compared with: all that a table or an interval plot shows."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from isbe_bench.statistics.intervals import MeanInterval

Where = Mapping[str, object]
"""What tells the runs of a cell from others: data set, network, settings and more, by column."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """A quantity under one mode, or its difference from a reference.

    Attributes
    ----------
    where
        As in `Where`.
    quantity
        `alpha`, `tau`, `total_ms` and so on.
    mode
        A loss, `isbe_softmax:function`, a way of `task=head`, or the A/A twin of one.
    reference
        What the value is a difference or ratio to; None for the quantity itself.
    value
        Mean, interval and `count`, over seeds, pairs of runs or processes.
    verdict
        What the difference amounts to, as in `statistics.verdicts`; empty where none is given.
    words
        The same for people, with its size: `same within 0.1`.
    paper
        What the paper prints; None where it prints nothing.
    disturbed
        How many of the processes are not to be trusted; None for trainings.
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
    """The cells of each row of a table: those that share where they are from, and their reference."""
    grouped: dict[tuple[object, ...], list[Cell]] = {}
    for cell in cells:
        grouped.setdefault((*cell.where.values(), cell.reference), []).append(cell)
    yield from grouped.values()
