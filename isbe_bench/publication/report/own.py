"""What the report says of a user's own runs: networks, data sets and losses that the paper lacks."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.timings import Timings
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.analysis.tuning import Tuning
from isbe_bench.catalogue.losses import CROSS_ENTROPY, REFERENCE
from isbe_bench.publication.shortage import of_pair
from isbe_bench.publication.table import reading
from isbe_bench.publication.words import interval_text, mean_text
from isbe_bench.settings.words import plural
from isbe_bench.statistics.verdicts import MIN_RUNS


@dataclass(frozen=True)
class Own:
    """The part of the report on own runs; each line is a sentence.

    Attributes
    ----------
    places
        The networks and data sets, such as `n0 on digits`.
    lead
        How many runs there are, of what.
    accuracies
        For readers: one row per group and mode, with its difference from cross-entropy. Here and below,
        only the trainings that `Analysis.shown` has.
    verdicts
        A line for each group: how its modes compare with cross-entropy.
    recalls
        A line for each group: the class that is recognised least often.
    times
        A line for each group of `task=timing`.
    rates
        A line for each mode that was trained with several learning rates.
    """

    places: list[str]
    lead: str
    accuracies: pd.DataFrame
    verdicts: list[str]
    recalls: list[str]
    times: list[str]
    rates: list[str]


def make(analysis: Analysis) -> Own | None:
    """The part on own runs; None if there are none."""
    trainings, timings = analysis.own_trainings, analysis.own_timings
    if not (trainings or timings or analysis.tunings):
        return None
    results = [group for group in trainings if group in analysis.shown]
    trained = [(group.net, group.dataset) for group in trainings]
    timed = [(group.where["net"], group.where["dataset"]) for group in timings]
    tuned = [(tuning.where["net"], tuning.where["dataset"]) for tuning in analysis.tunings]
    return Own(
        [f"{net} on {dataset}" for net, dataset in dict.fromkeys([*trained, *timed, *tuned])],
        _lead(trainings, timings),
        reading([row for group in results for row in _rows(group)]),
        [line for group in results if not group.apart and (line := _verdict(group))],
        [line for group in results if (line := _recall(group))],
        [_time(group) for group in timings],
        [line for tuning in analysis.tunings for line in _rates(tuning)],
    )


def _lead(trainings: list[Trainings], timings: list[Timings]) -> str:
    """`12 trainings of n0 on digits with 6 seeds and 5 timed processes of n0 on digits. `."""
    parts = []
    if trainings:
        runs = pd.concat([group.runs for group in trainings])
        seeds = plural(runs["seed"].nunique(), "seed")
        parts.append(f"{plural(len(runs), 'training')} of {_places(runs)} with {seeds}")
    if timings:
        processes = sum(group.comparison.processes for group in timings)
        runs = pd.concat([group.runs for group in timings])
        parts.append(f"{plural(processes, 'timed process')} of {_places(runs)}")
    return f"{' and '.join(parts)}. " if parts else ""


def _places(runs: pd.DataFrame) -> str:
    nets, datasets = (", ".join(runs[name].drop_duplicates()) for name in ("net", "dataset"))
    return f"{nets} on {datasets}"


def _named(group: Trainings) -> str:
    return f"{group.title} {group.other_settings}".strip()


def _reference(group: Trainings) -> str | None:
    """The cross-entropy that the modes of a group are compared with."""
    return next((mode for mode in CROSS_ENTROPY if mode in group.modes), None)


def _differences(group: Trainings) -> list[Cell]:
    reference = _reference(group)
    return [cell for cell in group.cells if cell.is_difference and cell.reference == reference]


def _rows(group: Trainings) -> Iterator[dict[str, Any]]:
    reference = _reference(group)
    cells = {cell.mode: cell for cell in _differences(group)}
    for mode in group.modes:
        row = group.where | {
            "settings": group.other_settings,
            "mode": mode,
            "alpha, %": mean_text(group.mean(mode)),
        }
        if top5 := group.top5(mode):
            row["top-5, %"] = mean_text(top5)
        if cell := cells.get(mode):
            row |= {f"minus {reference}, points": interval_text(cell.value), "verdict": cell.words}
        yield row | {"runs": str(len(group.alphas(mode)))}


def _verdict(group: Trainings) -> str:
    """The modes of a group by their verdict: `against ce_mean, isbe_tanh is lower; ...`."""
    cells = sorted(_differences(group), key=lambda cell: cell.words)
    if not cells:
        return "" if _reference(group) else f"{_named(group)}: no cross-entropy was trained beside it."
    parts = []
    for words, same in groupby(cells, key=lambda cell: cell.words):
        of_verdict = list(same)
        fewest = min(cell.value.count for cell in of_verdict)
        meaning = {
            "too few runs": f"too few runs for a verdict, {fewest} of {MIN_RUNS} seeds",
        }
        parts.append(f"{', '.join(cell.mode for cell in of_verdict)}: {meaning.get(words, words)}")
        if words == "undecided":
            parts[-1] += f" (more seeds that would decide: {_more_seeds(group, of_verdict)})"
    return f"{_named(group)}, alpha against {cells[0].reference}: {'; '.join(parts)}."


def _more_seeds(group: Trainings, cells: list[Cell]) -> str:
    """How many more seeds would decide each of some cells, with their modes if there are several."""
    counts = {
        cell.mode: shortage.count
        for cell in cells
        if cell.reference and (shortage := of_pair(group, cell.mode, cell.reference))
    }
    if len(counts) == 1:
        return next(iter(counts.values()))
    return ", ".join(f"{mode} {count}" for mode, count in counts.items())


def _recall(group: Trainings) -> str:
    """The classes with the lowest and the highest mean recall over all modes and seeds."""
    recall: dict[Any, float] = group.images.recall().mean().dropna().to_dict()
    if not recall:
        return ""
    lowest, highest = (
        f"{recall[label]:.1f}% in class {label}"
        for label in (pick(recall, key=lambda each: recall[each]) for pick in (min, max))
    )
    return f"{_named(group)}, recall over all modes: from {lowest} to {highest}."


def _time(group: Timings) -> str:
    where = group.where
    place = f"{where['net']} on {where['dataset']}, {where['device']} {where['settings']}".strip()
    changes = [
        f"{cell.mode} {interval_text(cell.value)}%, {cell.words}"
        for cell in group.cells
        if cell.quantity == "total_percent" and cell.mode != group.comparison.control
    ]
    reference = group.comparison.reference
    return f"{place}, time of forward and backward against {reference}: {'; '.join(changes)}."


def _rates(tuning: Tuning) -> Iterator[str]:
    place = f"{tuning.title} {tuning.where['settings']}".strip()
    for tuned in tuning.modes:
        edge = f", the {tuned.edge} of the grid: widen the grid" if tuned.edge else ""
        accuracy = mean_text(tuned.accuracy(tuned.best))
        line = f"{place}, {tuned.mode}: {tuned.best:g}{edge}; validation accuracy {accuracy}%"
        if pair := tuning.difference(tuned):
            against = f"{interval_text(pair.difference)} points against {REFERENCE} at its own best rate"
            line += f", {against} ({pair.words})"
        if new := tuning.new_difference(tuned):
            line += f"; alpha with new seeds: {interval_text(new.difference)} points ({new.words})"
        yield f"{line}."
