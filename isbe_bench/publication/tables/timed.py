"""What all tables from runs of `task=timing` share: their rows' runs, and what their notes explain."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from isbe_bench.analysis.collection import Measurements
from isbe_bench.papers import skarbek
from isbe_bench.publication.tables.rendering import MARGIN
from isbe_bench.runs.rows import MAX_FOREIGN_CPU_SHARE
from isbe_bench.statistics.comparison import Comparison, with_totals
from isbe_bench.statistics.intervals import MeanInterval, Verdict, judge

KEYS = ["dataset", "net", "device", "settings"]
"""What tells one row's runs from another's."""

HOW = (
    "Each process gives the median over its rounds, in which all losses take their turns on the same "
    "weights and batches; the value is the mean over processes, with the half-width of its 95% Student "
    "interval."
)
MAX_DISTURBED_SHARE = 0.2
"""Where more of the processes were disturbed, no verdict is given."""

CONTROL = (
    "A/A: the first loss entered a second time; what differs there differs between equals. Where its "
    "interval leaves out zero, the measurement is untrusted."
)
DISTURBED = (
    f"disturbed: processes during which others took more than {MAX_FOREIGN_CPU_SHARE:.0%} of the CPU, "
    "or the GPU was shared or slowed down; their times are not to be trusted."
)


def verdicts(less: str, more: str, unit: str) -> str:
    """How verdicts come about, in the words of their quantity."""
    return (
        f"Verdicts: {less} or {more} where the interval leaves out zero and the difference is larger "
        f"than what the A/A interval allows for, with (<{MARGIN:g}{unit}) where it is shown "
        "to be smaller than matters; else same within the larger of both reaches; too noisy where that "
        f"is beyond {MARGIN:g}{unit}; untrusted where the A/A interval leaves out zero, or where more "
        f"than {MAX_DISTURBED_SHARE:.0%} of the processes were disturbed."
    )


@dataclass(frozen=True)
class Group:
    """What one net gave on one machine under the same settings; runs of other seeds are pooled."""

    place: dict[str, Any]
    comparison: Comparison
    runs: pd.DataFrame

    @property
    def disturbed(self) -> int:
        """How many of the processes are not to be trusted."""
        return int(self.runs["disturbed"].sum())

    def counts(self) -> dict[str, str]:
        """How many processes a row rests on, and how many of them were disturbed."""
        processes = self.comparison.processes
        return {"processes": str(processes), "disturbed": f"{self.disturbed} of {processes}"}

    def verdict(self, difference: MeanInterval, control: MeanInterval) -> Verdict:
        """`statistics.judge`, but `untrusted` where too many processes were disturbed."""
        return verdict(difference, control, self.disturbed / self.comparison.processes)


def groups(timing: Measurements) -> Iterator[Group]:
    """The runs of each row of a table."""
    if timing.runs.empty:
        return
    samples = with_totals(timing.samples)
    for values, runs in sorted(timing.runs.groupby(KEYS), key=lambda each: skarbek.place(each[0])):
        of_group = samples[samples["run"].isin(runs["run"])]
        place = dict(zip(KEYS, values, strict=True))
        yield Group(place, Comparison(of_group), runs)


def verdict(difference: MeanInterval, control: MeanInterval, disturbed: float) -> Verdict:
    """`statistics.judge`; `disturbed` is the share of the processes that were, in [0, 1]."""
    judged = judge(difference, control, MARGIN)
    too_many = disturbed > MAX_DISTURBED_SHARE
    return Verdict("untrusted", judged.within) if too_many else judged
