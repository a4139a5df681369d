"""Groups of `task=head` runs that may be pooled: time and memory from scores to their gradient."""

import functools
from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.collection import Measurements
from isbe_bench.analysis.timings import verdict, words
from isbe_bench.catalogue.heads import floor
from isbe_bench.catalogue.losses import TWIN
from isbe_bench.statistics.comparison import Comparison, percent_change
from isbe_bench.statistics.intervals import MeanInterval

_BYTES = {"float32": 4, "bfloat16": 2}


class Heads:
    """All ways from scores to their gradient on one machine, with the same settings and size.

    Attributes
    ----------
    where
        `device`, `settings`, `classes` and `batch_size`.
    comparison
        The samples of the group.
    floor
        The name of the work that no way can do without.
    disturbed
        Number of processes whose times are not to be trusted.
    memory
        Peak memory of each way beyond the scores, as a multiple of the size of the scores.
    errors
        The largest distance of each way's gradient from that in float64; NaN in older runs.
    """

    def __init__(
        self, where: dict[str, Any], samples: pd.DataFrame, disturbed: int, score_type: str
    ) -> None:
        self.where = where
        self.comparison = Comparison(samples)
        self.disturbed = disturbed
        self.floor = floor(self.comparison.modes)
        peaks = samples.groupby("mode")["peak_bytes"].max()
        errors = samples.groupby("mode")["error"].max()
        self.errors = {str(way): float(error) for way, error in errors.items()}
        score_bytes = _BYTES[score_type] * where["classes"] * where["batch_size"]
        self.memory = {str(way): peak / score_bytes for way, peak in peaks.items()}

    @functools.cached_property
    def cells(self) -> list[Cell]:
        """Time of each way, its change against the first way, and its ratio to the time of the floor."""
        comparison, reference = self.comparison, self.comparison.reference
        control = self._change(comparison.control)
        cells = []
        for way in comparison.modes:
            change = self._change(way)
            judged = verdict(change, control, self.disturbed / comparison.processes)
            judgement = words(judged, "faster", "slower", "%")
            if way in (reference, self.floor):
                judgement = ""
            cells += [
                self._cell("gradient_ms", way, None, comparison.mean("gradient_ms", way)),
                self._cell(
                    "change_percent",
                    way,
                    reference,
                    change,
                    verdict=judged.kind,
                    words="A/A" if way.endswith(TWIN) else judgement,
                    within=judged.within,
                ),
                self._cell(
                    "times_floor", way, self.floor, comparison.ratio("gradient_ms", way, self.floor)
                ),
            ]
        return cells

    def _change(self, way: str) -> MeanInterval:
        return percent_change(self.comparison.ratio("gradient_ms", way, self.comparison.reference))

    def _cell(
        self, quantity: str, way: str, reference: str | None, value: MeanInterval, **more: Any
    ) -> Cell:
        return Cell(self.where, quantity, way, reference, value, disturbed=self.disturbed, **more)


def groups(head: Measurements) -> Iterator[Heads]:
    """One group for each machine, settings and size."""
    if head.runs.empty:
        return
    for values, runs in head.runs.groupby(["device", "settings"], sort=True):
        samples = head.samples[head.samples["run"].isin(runs["run"])]
        for size, size_samples in samples.groupby(["classes", "batch_size"], sort=True):
            where = dict(zip(("device", "settings"), values, strict=True))
            where |= dict(zip(("classes", "batch_size"), size, strict=True))
            score_type = str(runs["head.scores"].iloc[0])
            yield Heads(where, size_samples, int(runs["disturbed"].sum()), score_type)
