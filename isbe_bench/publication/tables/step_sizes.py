"""tau by the length of a step, and between modes that do the same work: `experiment=why_tau`."""

from collections.abc import Iterator

import pandas as pd

from isbe_bench.analysis import Analysis, timings
from isbe_bench.analysis.origin import measurement_origin
from isbe_bench.analysis.step_sizes import StepSizes, is_interleaved, spreads
from isbe_bench.analysis.timings import Timings
from isbe_bench.publication.table import Row, Table, interval_columns
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import interval_text, mean_text
from isbe_bench.statistics.comparison import total_change
from isbe_bench.statistics.intervals import mean_interval

_BY_STEP = (
    "The same measurement with batches of different size: the smaller the batch, the shorter a step, "
    "and the larger the share of overhead in it. step: forward and backward phase of the first loss. "
    "tau, points: what a reader of Table 1 sees, and total, %: what a user saves, both against the "
    "first loss within each round, as are forward and backward, ms. "
    f"{notes.TAU} {notes.PROCESSES} Verdicts as in the tables of tau and of totals."
)
_SPREAD = (
    "What a single measurement would have said: differences of tau between modes that do the same "
    "work, in one process, over processes. A/A: the first loss entered a second time, minus that loss; "
    "ce: the largest minus the smallest of the three reductions of cross-entropy. sequence consecutive: "
    "all rounds of one loss, then those of the next, as most people time; rounds before: the warm-up. "
    "largest: of the absolute values."
)


def make(analysis: Analysis) -> list[Table]:
    """The tables `tau_by_step` and `tau_spread`."""
    by_step = [row for each in analysis.step_sizes for row in _by_step(each)]
    groups = [group for each in analysis.step_sizes for group in each.groups]
    spreading = [group for group in analysis.timings if group in groups or not is_interleaved(group)]
    return [
        Table.of("tau_by_step", "tau by the length of a step", by_step, _BY_STEP, _origin(groups)),
        Table.of(
            "tau_spread",
            "tau between modes that do the same work",
            [row for group in spreading for row in _spread(group)],
            _SPREAD,
            _origin(spreading),
        ),
    ]


def _origin(groups: list[Timings]) -> str:
    return measurement_origin(pd.concat([group.runs for group in groups])) if groups else ""


def _by_step(series: StepSizes) -> Iterator[Row]:
    """A row for each batch size and mode."""
    for size, group in series.by_size.items():
        comparison = group.comparison
        step = comparison.mean("total_ms", series.reference)
        for mode in series.modes:
            tau = comparison.difference("tau", mode, series.reference)
            total = total_change(comparison, mode)
            place = series.where | {"batch_size": size, "mode": mode}
            numbers = place | interval_columns("step_ms", step)
            numbers |= interval_columns("tau_points", tau) | interval_columns("total_percent", total)
            phases = {
                phase: comparison.difference(f"{phase}_ms", mode, series.reference)
                for phase in ("forward", "backward")
            }
            for phase, value in phases.items():
                numbers |= interval_columns(f"{phase}_ms", value)
            judged = {
                "tau": group.verdict(tau, group.tau_control),
                "total": group.verdict(total, group.total_control),
            }
            words = {
                "tau": timings.words(judged["tau"], "lower", "higher", ""),
                "total": timings.words(judged["total"], "faster", "slower", "%"),
            }
            texts = place | {
                "step, ms": f"{step.mean:.2f}",
                "tau, %": mean_text(comparison.mean("tau", mode)),
                "tau, points": f"{interval_text(tau)} ({words['tau']})",
                "total, %": f"{interval_text(total)} ({words['total']})",
                **{f"{phase}, ms": f"{value.mean:+.3f}" for phase, value in phases.items()},
                "processes": str(comparison.processes),
                "disturbed": str(group.disturbed),
            }
            numbers |= {f"{key}_verdict": each.kind for key, each in judged.items()}
            yield numbers | {"processes": comparison.processes, "disturbed": group.disturbed}, texts


def _spread(group: Timings) -> Iterator[Row]:
    run = group.runs.iloc[0]
    sequence = "interleaved" if is_interleaved(group) else "consecutive"
    where = group.where | {"sequence": sequence, "rounds before": int(run["timing.warmup"])}
    for pair, values in spreads(group).items():
        value = mean_interval(values)
        largest = max(map(abs, values))
        yield (
            where
            | {"pair": pair, "mean": value.mean, "std": value.deviation, "largest": largest}
            | {"processes": value.count},
            where
            | {
                "pair": pair,
                "mean, points": f"{value.mean:+.2f}",
                "std": f"{value.deviation:.2f}",
                "largest": f"{largest:.2f}",
                "processes": str(value.count),
            },
        )
