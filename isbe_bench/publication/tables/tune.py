"""The best learning rate of each mode, from runs that differ in nothing else: `experiment=tune`."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis import Analysis, origin
from isbe_bench.analysis.tuning import MIN_RATES, Tuned, Tuning
from isbe_bench.catalogue.losses import REFERENCE
from isbe_bench.publication.table import Table, interval_columns, reading
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import interval_text, mean_text
from isbe_bench.statistics.intervals import mean_interval
from isbe_bench.statistics.verdicts import Paired

_NOTE = (
    f"Modes that were trained with {MIN_RATES} or more learning rates. best lr: the rate with the "
    "highest accuracy on the validation images after the last epoch, mean over seeds; of equal ones, "
    f"that with the lowest validation loss. Test images choose nothing. {notes.MEAN}. at the edge: the "
    "best rate is the lowest or the highest of the grid, so a better one may lie beyond it: widen the "
    f"grid. minus {REFERENCE}: difference of validation accuracy in points, each mode at its own best "
    "rate, paired by seed, with its 95% Student interval. These images also chose the rates; alpha with "
    "new seeds is of test images, and of seeds that chose nothing. incomplete: rates with fewer runs "
    "than the others, which are never best, such as those where a training diverged. "
    f"{notes.ACCURACY_VERDICTS}"
)


def make(analysis: Analysis) -> list[Table]:
    """The table `tune`: in the CSV file a row for each mode and rate, for readers one for each mode."""
    tunings = analysis.tunings
    pairs = [(tuning, tuned) for tuning in tunings for tuned in tuning.modes]
    runs = pd.concat([tuned.runs for _, tuned in pairs]) if pairs else pd.DataFrame()
    return [
        Table(
            "tune",
            "The best learning rate of each mode",
            pd.DataFrame([row for pair in pairs for row in _numbers(*pair)]),
            reading([_texts(*pair) for pair in pairs]),
            _NOTE,
            origin.training_origin(runs) if pairs else "",
            _next(tunings),
        )
    ]


def _next(tunings: list[Tuning]) -> str:
    """The commands that measure each mode at its best rate, as Markdown."""
    if not tunings:
        return ""
    commands = origin.training_commands(pd.concat([tuning.next_runs() for tuning in tunings]))
    return f"Each mode at its own best rate, with new seeds:\n\n{origin.command_block(commands)}"


def _numbers(tuning: Tuning, tuned: Tuned) -> Iterator[dict[str, Any]]:
    for rate in tuned.rates:
        row = tuning.where | {"mode": tuned.mode, "lr": rate}
        row |= interval_columns("validation_accuracy", tuned.accuracy(rate))
        row |= {"validation_loss": tuned.loss(rate), "runs": tuned.count(rate)}
        row |= {"best": int(rate == tuned.best), "edge": tuned.edge if rate == tuned.best else ""}
        if rate == tuned.best:
            row |= _pair_columns("points", tuning.difference(tuned))
            if len(tuned.new_alphas):
                row |= interval_columns("new_alpha", mean_interval(tuned.new_alphas.tolist()))
                row |= _pair_columns("new_points", tuning.new_difference(tuned))
        yield row


def _pair_columns(name: str, pair: Paired | None) -> dict[str, Any]:
    if pair is None:
        return {}
    return interval_columns(name, pair.difference) | {
        f"{name}_verdict": pair.verdict,
        f"{name}_pairs": pair.difference.count,
    }


def _texts(tuning: Tuning, tuned: Tuned) -> dict[str, Any]:
    row = tuning.where | {
        "mode": tuned.mode,
        "best lr": f"{tuned.best:g}",
        "at the edge": f"{tuned.edge}: widen the grid" if tuned.edge else "no",
        "validation accuracy, %": mean_text(tuned.accuracy(tuned.best)),
        f"minus {REFERENCE}": _pair_text(tuning.difference(tuned)),
        "rates": str(len(tuned.rates)),
        "runs": str(tuned.count(tuned.best)),
    }
    if few := [rate for rate in tuned.rates if rate not in tuned.complete]:
        row["incomplete"] = ", ".join(f"{rate:g}" for rate in few)
    if len(tuned.new_alphas):
        row["alpha with new seeds, %"] = mean_text(mean_interval(tuned.new_alphas.tolist()))
        row[f"alpha minus that of {REFERENCE}"] = _pair_text(tuning.new_difference(tuned))
    return row


def _pair_text(pair: Paired | None) -> str:
    return f"{interval_text(pair.difference)}, {pair.words}" if pair else ""
