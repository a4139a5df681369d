"""Two tables that the paper lacks, from runs of `task=timing`: total times, and A/A controls."""

from typing import Any

import pandas as pd

from isbe_bench.analysis import origin
from isbe_bench.analysis.collection import Collection, Measurements
from isbe_bench.publication.tables import rendering, timed
from isbe_bench.publication.tables.rendering import Table
from isbe_bench.publication.tables.timed import Group
from isbe_bench.statistics.comparison import Comparison, tau_control, total_change, with_totals


def make(collection: Collection) -> list[Table]:
    """Total times and controls."""
    timing = collection.timing
    where = "" if timing.runs.empty else origin.of_measurements(timing.runs)
    return [
        Table(
            "timing_totals",
            "Time of both phases",
            *_totals(list(timed.groups(timing))),
            "Milliseconds of one step's forward and backward phase and of both; total, %: the change of "
            "their total against the first loss, within each round: what a user saves. "
            f"{timed.HOW} {timed.CONTROL} {timed.verdicts('faster', 'slower', '%')} {timed.DISTURBED}",
            where,
        ),
        Table(
            "timing_control",
            "A/A controls",
            *_controls(timing),
            "A row a run: the difference between two entries of the same loss, in points of tau and in "
            "percent of the total, with its 95% Student interval over processes. Of many runs, 95% are "
            "to hold zero. foreign CPU: the largest share that others took during one process's "
            f"measurement. clock, ms: what the clock itself adds to a phase. {timed.DISTURBED}",
            where,
        ),
    ]


def _totals(groups: list[Group]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row each for machines, and for reading, of every mode of every group."""
    numbers: list[dict[str, Any]] = []
    reading: list[dict[str, Any]] = []
    for group in groups:
        comparison = group.comparison
        control = total_change(comparison, comparison.control)
        for mode in comparison.modes:
            place = group.place | {"mode": mode}
            row, texts = dict(place), dict(place)
            for name in ("forward", "backward", "total"):
                cell = comparison.mean(f"{name}_ms", mode)
                row |= rendering.numbers(f"{name}_ms", cell)
                texts[f"{name}, ms"] = rendering.text(cell, 3)
            if mode == comparison.reference:
                texts |= {"total, %": "reference", "verdict": ""}
            else:
                change = total_change(comparison, mode)
                verdict = group.verdict(change, control)
                row |= rendering.numbers("change_percent", change)
                row |= {"verdict": verdict.kind, "within": verdict.within}
                texts["total, %"] = rendering.interval(change)
                texts["verdict"] = rendering.words(verdict, "faster", "slower", "%")
            if mode == comparison.control:
                texts["verdict"] = "A/A"
            counts = {"reference": comparison.reference, "processes": comparison.processes}
            numbers.append(row | counts | {"disturbed": group.disturbed})
            reading.append(texts | group.counts())
    return pd.DataFrame(numbers), rendering.for_reading(reading)


def _controls(timing: Measurements) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row each for machines, and for reading, of every run."""
    if timing.runs.empty:
        return pd.DataFrame(), pd.DataFrame()
    numbers, reading = [], []
    samples = dict(iter(with_totals(timing.samples).groupby("run")))
    by = [*timed.KEYS, "seed"]
    for run in timing.runs.sort_values(by).to_dict("records"):
        comparison = Comparison(samples[run["run"]])
        place = {key: run[key] for key in by} | {"rounds": run["timing.rounds"]}
        tau = tau_control(comparison)
        total = total_change(comparison, comparison.control)
        numbers.append(
            place
            | rendering.numbers("tau", tau)
            | rendering.numbers("total_percent", total)
            | {name: run[name] for name in ("foreign_cpu_share", "clock_ms", "processes", "disturbed")}
        )
        reading.append(
            place
            | {"tau, points": rendering.interval(tau), "tau holds 0": _yes(tau.holds_zero)}
            | {"total, %": rendering.interval(total), "total holds 0": _yes(total.holds_zero)}
            | {"foreign CPU": f"{run['foreign_cpu_share']:.1%}", "clock, ms": f"{run['clock_ms']:.5f}"}
            | {"processes": str(run["processes"])}
            | {"disturbed": f"{run['disturbed']} of {run['processes']}"}
        )
    return pd.DataFrame(numbers), rendering.for_reading(reading)


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"
