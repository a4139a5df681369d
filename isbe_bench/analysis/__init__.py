"""What runs left behind, read back, grouped and compared; without torch."""

import functools

from isbe_bench.analysis import heads, others, timings, trainings
from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.heads import Heads
from isbe_bench.analysis.others import OtherRuns
from isbe_bench.analysis.timings import Timings
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.entry import Entry
from isbe_bench.catalogue.heads import HEADS
from isbe_bench.catalogue.losses import LOSSES, base
from isbe_bench.papers import skarbek


class Analysis:
    """Groups of comparable runs, each worked out when it is first asked for.

    Attributes
    ----------
    collection
        The runs as they were read.
    """

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    @functools.cached_property
    def trainings(self) -> list[Trainings]:
        """All trainings, in groups that differ in loss mode and seed alone."""
        return list(trainings.groups(self.collection))

    @functools.cached_property
    def paper_trainings(self) -> list[Trainings]:
        """For each network of the paper, the group with the most runs; the others are trials."""
        largest: dict[tuple[str, str], Trainings] = {}
        for group in self.trainings:
            key = group.dataset, group.net
            if key in skarbek.TRAINED and not group.apart:
                before = largest.get(key)
                if before is None or len(group.runs) > len(before.runs):
                    largest[key] = group
        return list(largest.values())

    @functools.cached_property
    def timings(self) -> list[Timings]:
        """All runs of `task=timing`."""
        return list(timings.groups(self.collection.timing))

    @functools.cached_property
    def heads(self) -> list[Heads]:
        """All runs of `task=head`, by size."""
        return list(heads.groups(self.collection.head))

    @functools.cached_property
    def others(self) -> list[OtherRuns]:
        """All runs of tasks that the suite does not ship."""
        return list(others.groups(self.collection))

    @functools.cached_property
    def cells(self) -> list[Cell]:
        """Every number with its interval, verdict and what the paper prints, in one tidy list."""
        return [
            cell
            for groups in (self.trainings, self.timings, self.heads, self.others)
            for group in groups
            for cell in group.cells
        ]

    @functools.cached_property
    def losses(self) -> dict[str, Entry]:
        """How the losses of all runs are shown; those of the user's own share out the free colours."""
        trained = {mode for group in self.trainings for mode in group.modes}
        timed = {base(mode) for group in self.timings for mode in group.modes}
        return LOSSES.entries({*LOSSES.names(), *trained, *timed})

    @functools.cached_property
    def ways(self) -> dict[str, Entry]:
        """The same of the ways of `task=head`."""
        measured = {base(way) for group in self.heads for way in group.comparison.modes}
        return HEADS.entries(measured)
