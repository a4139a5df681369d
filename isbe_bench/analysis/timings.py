"""Runs of `task=timing` that may be pooled: tau, phases and totals of losses measured side by side."""

import functools
from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.collection import Measurements
from isbe_bench.catalogue import datasets
from isbe_bench.catalogue.losses import CROSS_ENTROPY, TWIN, is_compared
from isbe_bench.papers import skarbek
from isbe_bench.statistics.comparison import Comparison, tau_control, total_change, with_totals
from isbe_bench.statistics.intervals import MeanInterval
from isbe_bench.statistics.verdicts import Verdict, judge

KEYS = ("dataset", "net", "device", "settings")
"""What tells one group's runs from another's; those of other seeds are pooled."""
MARGIN = 1.0
"""The smallest change of time that matters, in points of tau or percent; the paper speaks of 3."""
MAX_DISTURBED_SHARE = 0.2
"""Where more of the processes were disturbed, no verdict is given."""


def verdict(difference: MeanInterval, control: MeanInterval, disturbed: float) -> Verdict:
    """`statistics.verdicts.judge`; `untrusted` if too large a share of the processes was disturbed."""
    judged = judge(difference, control, MARGIN)
    return Verdict("untrusted", judged.within) if disturbed > MAX_DISTURBED_SHARE else judged


def words(verdict: Verdict, less: str, more: str, unit: str) -> str:
    """A verdict in the words of its quantity; it says where a difference is below what matters."""
    small = f" (<{MARGIN:g}{unit})" if verdict.within < MARGIN else ""
    by_kind = {
        "less": f"{less}{small}",
        "more": f"{more}{small}",
        "same": f"same within {verdict.within:.2f}{unit}",
    }
    return by_kind.get(verdict.kind, verdict.kind)


class Timings:
    """What one network gave on one machine under the same settings.

    Attributes
    ----------
    where
        Its values of `KEYS`.
    comparison
        Its samples, with `tau` and `total_ms`.
    runs
        Rows of `Measurements.runs`.
    """

    def __init__(self, where: dict[str, Any], comparison: Comparison, runs: pd.DataFrame) -> None:
        self.where = where
        self.comparison = comparison
        self.runs = runs

    @property
    def disturbed(self) -> int:
        """How many of the processes are not to be trusted."""
        return int(self.runs["disturbed"].sum())

    @property
    def modes(self) -> list[str]:
        """The losses, functions among them, in the order of the catalogue; without the A/A twin."""
        return [mode for mode in self.comparison.modes if mode != self.comparison.control]

    @property
    def compared(self) -> list[str]:
        """Those that are set against cross-entropy."""
        return [mode for mode in self.modes if is_compared(mode)]

    @functools.cached_property
    def tau_control(self) -> MeanInterval:
        """Points of tau between the first loss and its twin."""
        return tau_control(self.comparison)

    @functools.cached_property
    def total_control(self) -> MeanInterval:
        """Percent of the total between the same."""
        return total_change(self.comparison, self.comparison.control)

    def verdict(self, difference: MeanInterval, control: MeanInterval) -> Verdict:
        """`verdict` with the group's own share of disturbed processes."""
        return verdict(difference, control, self.disturbed / self.comparison.processes)

    @functools.cached_property
    def cells(self) -> list[Cell]:
        """Tau and its differences from each cross-entropy; phases, totals and their change."""
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
    """Each run's row, and its A/A differences: points of tau, and percent of the total."""
    if timing.runs.empty:
        return
    samples = dict(iter(with_totals(timing.samples).groupby("run")))
    for run in timing.runs.sort_values([*KEYS, "seed"]).to_dict("records"):
        comparison = Comparison(samples[run["run"]])
        total = total_change(comparison, comparison.control)
        yield {str(key): value for key, value in run.items()}, tau_control(comparison), total
