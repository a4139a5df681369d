"""Finished runs: read back, grouped and compared, without torch."""

import functools

import pandas as pd

from isbe_bench.analysis import (
    classifiers,
    descent,
    grouping,
    heads,
    others,
    signals,
    step_sizes,
    stopping,
    timings,
    tuning,
)
from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.classifiers import Classifiers
from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.descent import Descent
from isbe_bench.analysis.heads import Heads
from isbe_bench.analysis.others import OtherRuns
from isbe_bench.analysis.signals import Signals
from isbe_bench.analysis.step_sizes import StepSizes
from isbe_bench.analysis.stopping import Stops
from isbe_bench.analysis.timings import Timings
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.analysis.tuning import Tuning
from isbe_bench.catalogue.entry import Entry
from isbe_bench.catalogue.heads import HEADS
from isbe_bench.catalogue.losses import LOSSES, base
from isbe_bench.catalogue.networks import WHOLE_TRAININGS
from isbe_bench.papers import skarbek

_OF_DESCENT = ("optimizer.name", "schedule.name")


class Analysis:
    """Groups of comparable runs, each computed on first use.

    Attributes
    ----------
    collection
        The runs as read from the results folder.
    """

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    @functools.cached_property
    def trainings(self) -> list[Trainings]:
        """Trainings with a linear classifier; those of a group differ only in loss mode and seed.

        A single mode that was trained beside other classifiers is among `classifiers` alone.
        """
        beside = {_place(each.group) for each in self.classifiers}
        groups = grouping.groups(self.collection)
        return [group for group in groups if len(group.modes) > 1 or _place(group) not in beside]

    @functools.cached_property
    def classifiers(self) -> list[Classifiers]:
        """Trainings with several classifiers; those of a group differ in loss, classifier and seed."""
        return list(classifiers.groups(self.collection))

    @functools.cached_property
    def shown(self) -> list[Trainings]:
        """The trainings that tables and figures show one by one.

        Left out are groups whose runs only chose a learning rate, and a single mode that is compared
        with itself under another optimiser or schedule: tables of their own show them.
        """
        choosing = {run for each in self.tunings for tuned in each.modes for run in tuned.choosing}
        beside = {
            run for key in _OF_DESCENT for group in self.alternatives(key) for run in group.runs["run"]
        }
        return [
            group
            for group in self.trainings
            if not (runs := set(group.runs["run"])) <= choosing
            and not (len(group.modes) == 1 and runs <= beside)
        ]

    def alternatives(self, key: str) -> list[Trainings]:
        """Trainings with several values of a setting; those of a group differ in it and their seed."""
        runs = self.collection.runs
        if key not in runs or runs[key].nunique(dropna=False) < 2:  # as usual, and grouping takes long
            return []
        groups = grouping.groups(self.collection, vary=key)
        return [group for group in groups if len(group.modes) > 1]

    @functools.cached_property
    def plain_runs(self) -> pd.DataFrame:
        """The runs of `shown`."""
        names = [name for group in self.shown for name in group.runs["run"]]
        runs = self.collection.runs
        return runs[runs["run"].isin(names)] if len(runs) else runs

    @functools.cached_property
    def paper_trainings(self) -> list[Trainings]:
        """The group with the most runs for each network that bears on the first paper's claims.

        Smaller groups are trials; of other networks than its own so are runs that only chose a learning
        rate, or are shorter than the network's recipe.
        """
        largest: dict[tuple[str, str], Trainings] = {}
        for group in self.trainings:
            key = group.dataset, group.net
            whole = group.epochs >= WHOLE_TRAININGS.get(group.net, 0) and group in self.shown
            counts = key in skarbek.TRAINED or (whole and skarbek.is_claimed(*key))
            if counts and not group.apart:
                previous = largest.get(key)
                if previous is None or len(group.runs) > len(previous.runs):
                    largest[key] = group
        return list(largest.values())

    @functools.cached_property
    def own_trainings(self) -> list[Trainings]:
        """The groups with a network, a data set or a loss that the paper does not have."""
        return [group for group in self.trainings if group.is_own]

    @functools.cached_property
    def own_timings(self) -> list[Timings]:
        """The same of the runs of `task=timing`."""
        return [group for group in self.shown_timings if group.is_own]

    @functools.cached_property
    def tunings(self) -> list[Tuning]:
        """The trainings that differ only in learning rate and seed, for each network and data set."""
        return list(tuning.groups(self.collection))

    @functools.cached_property
    def descents(self) -> list[Descent]:
        """The tunings that differ in batch size, and so in the number of steps for as many gradients."""
        return list(descent.groups(self.tunings))

    @functools.cached_property
    def stops(self) -> list[Stops]:
        """The trainings that something can stop before their last epoch, by their groups."""
        return list(stopping.groups(self.trainings, self.collection))

    @functools.cached_property
    def signals(self) -> list[Signals]:
        """What the groups of `shown` recorded of each epoch besides their curves."""
        return list(signals.groups(self.shown, self.collection))

    @functools.cached_property
    def timings(self) -> list[Timings]:
        """All runs of `task=timing`."""
        return list(timings.groups(self.collection.timing))

    @functools.cached_property
    def shown_timings(self) -> list[Timings]:
        """The runs of `task=timing` that tables of times show, without those of `experiment=why_tau`."""
        return step_sizes.main(self.timings)

    @functools.cached_property
    def shown_timing_runs(self) -> pd.DataFrame:
        """The runs of `shown_timings`."""
        names = [name for group in self.shown_timings for name in group.runs["run"]]
        runs = self.collection.timing.runs
        return runs[runs["run"].isin(names)] if len(runs) else runs

    @functools.cached_property
    def step_sizes(self) -> list[StepSizes]:
        """The nets that were timed with several batch sizes."""
        return list(step_sizes.series(self.timings))

    @functools.cached_property
    def heads(self) -> list[Heads]:
        """All runs of `task=head`, grouped by size."""
        return list(heads.groups(self.collection.head))

    @functools.cached_property
    def others(self) -> list[OtherRuns]:
        """All runs of tasks that the suite does not ship."""
        return list(others.groups(self.collection))

    @functools.cached_property
    def cells(self) -> list[Cell]:
        """Every number with its interval, its verdict and the paper's value, in one tidy list."""
        return [
            cell
            for groups in (self.trainings, self.classifiers, self.timings, self.heads, self.others)
            for group in groups
            for cell in group.cells
        ]

    @functools.cached_property
    def losses(self) -> dict[str, Entry]:
        """Label, colour and line of each loss in these runs; unknown losses get unused colours."""
        trained = {mode for group in self.trainings for mode in group.modes}
        timed = {base(mode) for group in self.timings for mode in group.modes}
        return LOSSES.entries({*LOSSES.names(), *trained, *timed})

    @functools.cached_property
    def ways(self) -> dict[str, Entry]:
        """Label, colour and line of each way that `task=head` measured."""
        measured = {base(way) for group in self.heads for way in group.comparison.modes}
        return HEADS.entries(measured)


def _place(group: Trainings) -> tuple[str, str, str]:
    return group.dataset, group.net, group.settings
