"""Groups of `task=timing` runs that may be pooled: tau, phase times and totals of each loss."""

import functools
from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.collection import Measurements
from isbe_bench.catalogue import datasets
from isbe_bench.catalogue.losses import CROSS_ENTROPY, TWIN, is_compared, is_own
from isbe_bench.papers import skarbek
from isbe_bench.statistics.comparison import Comparison, tau_control, total_change, with_totals
from isbe_bench.statistics.intervals import MeanInterval
from isbe_bench.statistics.verdicts import Verdict, judge

KEYS = ("dataset", "net", "device", "settings")
"""Runs with the same values of these columns are one group; their seeds may differ."""
MARGIN = 1.0
"""The smallest change that matters, in points of tau or percent of the time; the paper claims 3."""
MAX_DISTURBED_SHARE = 0.2
"""If a larger share of the processes was disturbed, the verdict is `untrusted`."""


def verdict(difference: MeanInterval, control: MeanInterval, disturbed: float) -> Verdict:
    """`statistics.verdicts.judge`, but `untrusted` if too many of the processes were disturbed.

    `disturbed` is their share, in [0, 1].
    """
    judged = judge(difference, control, MARGIN)
    return Verdict("untrusted", judged.within) if disturbed > MAX_DISTURBED_SHARE else judged


def words(verdict: Verdict, less: str, more: str, unit: str) -> str:
    """A verdict in words, with `(<1%)` or the like where the difference is smaller than matters.

    `less` and `more` are the words for the two directions, such as `faster` and `slower`.
    """
    small = f" (<{MARGIN:g}{unit})" if verdict.within < MARGIN else ""
    by_kind = {
        "less": f"{less}{small}",
        "more": f"{more}{small}",
        "same": f"same within {verdict.within:.2f}{unit}",
    }
    return by_kind.get(verdict.kind, verdict.kind)


class Timings:
    """Runs of one network on one machine with the same settings.

    Attributes
    ----------
    where
        The values of `KEYS`.
    comparison
        The samples of all runs, with `tau` and `total_ms`.
    runs
        The rows of `Measurements.runs`.
    """

    def __init__(self, where: dict[str, Any], comparison: Comparison, runs: pd.DataFrame) -> None:
        self.where = where
        self.comparison = comparison
        self.runs = runs

    @property
    def disturbed(self) -> int:
        """Number of processes whose times are not to be trusted."""
        return int(self.runs["disturbed"].sum())

    @property
    def modes(self) -> list[str]:
        """The losses and their autograd functions in catalogue order, without the A/A twin."""
        return [mode for mode in self.comparison.modes if mode != self.comparison.control]

    @property
    def compared(self) -> list[str]:
        """The modes that are compared with cross-entropy."""
        return [mode for mode in self.modes if is_compared(mode)]

    @property
    def is_own(self) -> bool:
        """Whether the paper has nothing like it: another network, data set or loss than its own."""
        place = str(self.where["dataset"]), str(self.where["net"])
        return place not in skarbek.TIMED or any(map(is_own, self.modes))

    @functools.cached_property
    def tau_control(self) -> MeanInterval:
        """A/A difference of tau between the first loss and its twin, in points."""
        return tau_control(self.comparison)

    @functools.cached_property
    def total_control(self) -> MeanInterval:
        """A/A change of the total time between the first loss and its twin, in percent."""
        return total_change(self.comparison, self.comparison.control)

    def verdict(self, difference: MeanInterval, control: MeanInterval) -> Verdict:
        """Verdict on a difference, with the group's share of disturbed processes."""
        return verdict(difference, control, self.disturbed / self.comparison.processes)

    @functools.cached_property
    def cells(self) -> list[Cell]:
        """Tau, its differences from each cross-entropy, phase times, totals and their change."""
        return [*self._tau(), *self._tau_differences(), *self._times()]

    def _tau(self) -> Iterator[Cell]:
        printed = self._printed(None)
        for mode in self.modes:
            mean = self.comparison.mean("tau", mode)
            yield self._cell("tau", mode, None, mean, paper=printed.get(mode))

    def _tau_differences(self) -> Iterator[Cell]:
        for reference in (ce for ce in CROSS_ENTROPY if ce in self.modes):
            printed = self._printed(reference)
            for mode in self.compared:
                difference = self.comparison.difference("tau", mode, reference)
                judged = self.verdict(difference, self.tau_control)
                yield self._cell(
                    "tau",
                    mode,
                    reference,
                    difference,
                    verdict=judged.kind,
                    words=words(judged, "lower", "higher", ""),
                    within=judged.within,
                    paper=printed.get(mode),
                )

    def _times(self) -> Iterator[Cell]:
        for mode in self.comparison.modes:
            for quantity in ("forward_ms", "backward_ms", "total_ms"):
                yield self._cell(quantity, mode, None, self.comparison.mean(quantity, mode))
            if mode != self.comparison.reference:
                change = total_change(self.comparison, mode)
                judged = self.verdict(change, self.total_control)
                yield self._cell(
                    "total_percent",
                    mode,
                    self.comparison.reference,
                    change,
                    verdict=judged.kind,
                    words="A/A" if mode.endswith(TWIN) else words(judged, "faster", "slower", "%"),
                    within=judged.within,
                )

    def _cell(
        self, quantity: str, mode: str, reference: str | None, value: MeanInterval, **more: Any
    ) -> Cell:
        return Cell(self.where, quantity, mode, reference, value, disturbed=self.disturbed, **more)

    def _printed(self, reference: str | None) -> dict[str, float]:
        return skarbek.printed("tau", str(self.where["dataset"]), str(self.where["net"]), reference)


def groups(timing: Measurements) -> Iterator[Timings]:
    """All groups of runs of `task=timing`, the paper's data set first."""
    if timing.runs.empty:
        return
    samples = with_totals(timing.samples)
    for values, runs in sorted(
        timing.runs.groupby(list(KEYS)), key=lambda each: datasets.place(each[0])
    ):
        where = dict(zip(KEYS, values, strict=True))
        yield Timings(where, Comparison(samples[samples["run"].isin(runs["run"])]), runs)


def controls(timing: Measurements) -> Iterator[tuple[dict[str, Any], MeanInterval, MeanInterval]]:
    """Each run's row with its A/A differences, in points of tau and in percent of the total."""
    if timing.runs.empty:
        return
    samples = dict(iter(with_totals(timing.samples).groupby("run")))
    for run in timing.runs.sort_values([*KEYS, "seed"]).to_dict("records"):
        comparison = Comparison(samples[run["run"]])
        total = total_change(comparison, comparison.control)
        yield {str(key): value for key, value in run.items()}, tau_control(comparison), total
