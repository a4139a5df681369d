"""What the paper leaves open, and what each reading does to alpha: `experiment=why_alpha`."""

from collections.abc import Iterator

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.origin import training_origin
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.analysis.variants import by_size
from isbe_bench.publication.table import Row, Table, interval_columns, pair_columns
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import interval_text, mean_text
from isbe_bench.settings.words import plural
from isbe_bench.statistics.intervals import mean_interval

_USUAL = {
    "arch.batch_norm": "True",
    "arch.pooling": "flatten",
    "dataset.augmentation.enabled": "True",
    "dataset.validation_fraction": "0.1",
    "loss.blur": "appendix_b",
    "loss.hardsigmoid": "pytorch",
    "loss.scale": "sum",
    "optimizer.lr": "0.01",
    "schedule.final_lr_ratio": "0.01",
    "train.batch_size": "128",
    "train.epochs": "",
}
"""The settings that readings choose (docs/fidelity.md), with their usual value.

Numbers of epochs are compared with the one that has the most runs, and of several with the smallest.
"""

_NOTE = (
    f"{notes.ALPHA} {notes.SEEDS} usual: all readings as the suite has them by default, but for the "
    "number of epochs, which stands beside it; below it, one setting changed. minus usual: in points, "
    "mean over pairs of runs with the same seed, with its 95% Student interval. minus paper: the mean "
    "minus the single run that the paper prints. best epoch: what would be reported more if the best "
    f"epoch on the test images counted in place of the last, in points. {notes.ACCURACY_VERDICTS}"
)


def make(analysis: Analysis) -> list[Table]:
    """The table `readings`: for each loss the usual trainings, then each reading that was trained."""
    found: dict[tuple[str, ...], dict[str, Trainings]] = {}
    for key in _USUAL:
        for group in analysis.alternatives(key):
            usual = _usual(key, group)
            if usual in group.modes and _printed(group):
                found.setdefault(tuple(sorted(_runs(group, usual)["run"])), {})[key] = group
    rows = [row for groups in found.values() for row in _rows(groups)]
    runs = [
        group.runs.assign(mode=_loss(group)) for groups in found.values() for group in groups.values()
    ]
    origin = training_origin(pd.concat(runs).drop_duplicates("run")) if runs else ""
    return [Table.of("readings", "Open readings of the paper, and alpha", rows, _NOTE, origin)]


def _usual(key: str, group: Trainings) -> str:
    """The usual value of a setting, as one of the group's modes."""
    if usual := _USUAL[key]:
        return usual
    return max(group.modes, key=lambda value: (len(group.alphas(value)), -float(value)))


def _rows(groups: dict[str, Trainings]) -> Iterator[Row]:
    """The usual trainings once, then those that differ from them in one of the settings."""
    key, group = next(iter(groups.items()))
    usual = _usual(key, group)
    first = _runs(group, usual).iloc[0]
    label, epochs = str(first["settings"]), int(first["train.epochs"])
    yield _row(group, usual, f"usual, {plural(epochs, 'epoch')}", label)
    for key, group in groups.items():
        usual = _usual(key, group)
        for value in sorted(set(group.modes) - {usual}, key=by_size):
            numbers, texts = _row(group, value, f"{key}={value}", label)
            if pair := group.difference(value, usual):
                numbers |= pair_columns(pair)
                texts |= {"minus usual": interval_text(pair.difference), "verdict": pair.words}
            yield numbers, texts


def _row(group: Trainings, value: str, reading: str, label: str) -> Row:
    """Alpha under one reading, beside the paper's."""
    runs, alpha, printed = _runs(group, value), group.mean(value), _printed(group)
    assert alpha is not None, "a value without a run"
    assert printed is not None, "a loss that the paper does not have"
    where = {
        **{"dataset": group.dataset, "net": group.net, "epochs": int(runs["train.epochs"].iloc[0])},
        **{"settings": label, "mode": _loss(group), "reading": reading},
    }
    numbers = where | interval_columns("alpha", alpha)
    numbers |= {"paper": printed, "minus_paper": alpha.mean - printed, "runs": alpha.count}
    texts = where | {
        **{"alpha, %": mean_text(alpha), "minus usual": "", "verdict": ""},
        **{"minus paper": f"{alpha.mean - printed:+.2f}", "runs": str(alpha.count)},
    }
    if group.has_curves:
        curves = group.curves[group.curves["mode"] == value].groupby("run")["test_accuracy"]
        best = mean_interval((curves.max() - curves.last()).tolist())
        numbers |= interval_columns("best", best)
        texts["best epoch"] = mean_text(best, signed=True)
    return numbers, texts


def _printed(group: Trainings) -> float | None:
    """What the paper prints for the group's loss, net and data set; None if nothing."""
    return group.printed().get(_loss(group))


def _runs(group: Trainings, value: str) -> pd.DataFrame:
    return group.runs[group.runs["mode"] == value]


def _loss(group: Trainings) -> str:
    return str(group.runs["loss.name"].iloc[0])
