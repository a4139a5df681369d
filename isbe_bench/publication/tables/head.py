"""The loss head alone, from runs of `task=head`: time and memory from scores to gradient."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis import origin
from isbe_bench.analysis.collection import Collection, Measurements
from isbe_bench.catalogue.heads import COPY
from isbe_bench.catalogue.losses import TWIN
from isbe_bench.publication.tables import rendering, timed
from isbe_bench.publication.tables.rendering import Table
from isbe_bench.statistics.comparison import Comparison, percent_change
from isbe_bench.statistics.intervals import MeanInterval, Verdict

_NOTE = (
    "Milliseconds from scores of (batch, classes) to their gradient, mean over processes of each "
    "process's median over rounds, with the half-width of its 95% Student interval. change, %: "
    "against the first way, within each round. floor: what copying the scores takes in the same "
    "rounds, for a gradient has to read and write as many bytes; times floor: time over it. memory:"
    " what is held at once beyond the scores, the gradient included, over the scores' own size. "
    "A/A: the first way entered a second time. "
    f"{timed.verdicts('faster', 'slower', '%')} {timed.DISTURBED}"
)


def make(collection: Collection) -> list[Table]:
    """One table, a row for each size and way."""
    numbers = head_numbers(collection.head)
    where = "" if numbers.empty else origin.of_measurements(collection.head.runs)
    return [Table("head", "The loss head alone", numbers, _reading(numbers), _NOTE, where)]


def head_numbers(head: Measurements) -> pd.DataFrame:
    """A row for each machine, settings, size and way.

    `ms`, `change_percent` (against the first way) and `times_floor` (over a copy of the scores) have
    columns `_low` and `_high` beside them (95% over processes); `memory_ratio` is over the scores'
    bytes; `verdict` and `within` are those of `statistics.judge` with a margin of 1%.
    """
    rows: list[dict[str, Any]] = []
    for place, comparison, memory in _groups(head):
        quantity, reference = "gradient_ms", comparison.reference
        control = percent_change(comparison.ratio(quantity, comparison.control, reference))
        for mode in comparison.modes:
            row = place | {"mode": mode, "processes": comparison.processes, "memory_ratio": memory[mode]}
            change = percent_change(comparison.ratio(quantity, mode, reference))
            for name, cell in (
                ("ms", comparison.mean(quantity, mode)),
                ("change_percent", change),
                ("times_floor", comparison.ratio(quantity, mode, COPY)),
            ):
                row |= rendering.numbers(name, cell)
            verdict = timed.verdict(change, control, place["disturbed"] / comparison.processes)
            rows.append(row | {"verdict": verdict.kind, "within": verdict.within})
    return pd.DataFrame(rows)


def _groups(head: Measurements) -> Iterator[tuple[dict[str, Any], Comparison, dict[str, float]]]:
    """The samples of each machine, settings and size, with each way's memory over the scores'."""
    if head.runs.empty:
        return
    for values, runs in head.runs.groupby(["device", "settings"], sort=True):
        disturbed = int(runs["disturbed"].sum())
        samples = head.samples[head.samples["run"].isin(runs["run"])]
        for size, of_size in samples.groupby(["classes", "batch_size"], sort=True):
            place: dict[str, Any] = dict(zip(("device", "settings"), values, strict=True))
            place |= dict(zip(("classes", "batch_size"), size, strict=True)) | {"disturbed": disturbed}
            score_bytes = 4 * place["classes"] * place["batch_size"]  # float32
            memory = of_size.groupby("mode")["peak_bytes"].max() / score_bytes
            yield place, Comparison(of_size), {str(way): ratio for way, ratio in memory.items()}


def _reading(numbers: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in numbers.to_dict("records"):
        mode, twin = row["mode"], row["mode"].endswith(TWIN)
        digits = 4 if row["ms"] < 1 else 2
        texts = {name: row[name] for name in ("device", "settings", "classes", "batch_size", "mode")}
        texts["ms"] = rendering.text(_cell(row, "ms"), digits)
        change = _cell(row, "change_percent")
        texts["change, %"] = rendering.interval(change, 1) if change.low < change.high else "reference"
        verdict = Verdict(row["verdict"], row["within"])
        judged = change.low < change.high and mode != COPY and not twin
        texts["verdict"] = rendering.words(verdict, "faster", "slower", "%") if judged else ""
        if twin:
            texts["verdict"] = "A/A"
        texts["times floor"] = f"{row['times_floor']:.2f}"
        texts["memory"] = f"{row['memory_ratio']:.2f}"
        texts["processes"] = str(row["processes"])
        rows.append(texts | {"disturbed": f"{row['disturbed']} of {row['processes']}"})
    return rendering.without_constants(pd.DataFrame(rows), ("settings", "device"))


def _cell(row: dict[Any, Any], name: str) -> MeanInterval:
    return MeanInterval(row[name], row[f"{name}_low"], row[f"{name}_high"], row["processes"])
