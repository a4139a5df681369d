"""Losses and classifiers side by side, and Tables 1 to 3 of Zhu et al. 2020."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis import Analysis, variants
from isbe_bench.analysis.classifiers import Classifiers
from isbe_bench.analysis.origin import command_block, training_origin
from isbe_bench.catalogue.losses import REFERENCE
from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.papers import zhu
from isbe_bench.publication.table import Table, interval_columns, reading
from isbe_bench.publication.tables import notes
from isbe_bench.publication.words import interval_text, mean_text
from isbe_bench.statistics.intervals import MeanInterval, mean_interval
from isbe_bench.statistics.verdicts import Paired

_TITLES = {"cifar100": "CIFAR-100", "tinyimagenet": "TinyImageNet", "facescrub": "FaceScrub"}
_NOTE = (
    f"{notes.ALPHA} {notes.MEAN}. The number behind a loss is its margin or weight, behind a classifier "
    f"its scale. minus {REFERENCE}: against mean cross-entropy under a linear classifier; minus linear: "
    "against the same loss under one; in points, mean over pairs of runs with the same seed, with its "
    "95% Student interval. error: mean norm of the gradient of an image's loss at its scores, in the "
    "last epoch; gradient: norm of the gradient of all weights but the classifier's, of the mean loss "
    "of a batch; weights: mean norm of the last layer's weights of a class, at the end. "
    f"{notes.ACCURACY_VERDICTS}"
)
_PRINTED = (
    "Accuracy in percent. paper: as printed there, with its plus-minus, of a number of runs that cannot "
    "be read in the text; its recipe is 100 epochs. ours: mean over seeds, with the half-width of its "
    "95% Student interval; milestones of the learning rate are shares of the training, 30, 60 and 90%."
)


def make(analysis: Analysis) -> list[Table]:
    """The table `classifiers`, and `zhu_table1` to `zhu_table3` if anything of theirs was trained."""
    groups = analysis.classifiers
    texts = [row for group in groups for row in _texts(group)]
    runs = pd.concat([_with_losses(group) for group in groups]) if groups else pd.DataFrame()
    return [
        *(_published(groups, number, dataset) for number, dataset in enumerate(zhu.DATASETS, 1)),
        Table(
            "classifiers",
            "Losses and classifiers",
            pd.DataFrame([row for group in groups for row in _numbers(group)]),
            reading(texts),
            _NOTE,
            training_origin(runs) if groups else "",
        ),
    ]


def _with_losses(group: Classifiers) -> pd.DataFrame:
    """The runs of a group, with the loss mode that a command names."""
    return group.group.runs.assign(mode=group.group.runs["loss.name"])


def _last(values: pd.DataFrame, mode: str) -> MeanInterval | None:
    """The values of a variant in the last epoch, mean over seeds."""
    if values.empty or mode not in values.columns.get_level_values("mode"):
        return None
    return mean_interval(values[mode].iloc[-1].dropna().tolist())


def _measured(group: Classifiers, mode: str) -> dict[str, MeanInterval | None]:
    norms = group.weight_norms_by_seed(mode)
    return {
        "error": _last(group.errors, mode),
        "gradient": _last(group.gradients, mode),
        "weights": mean_interval(norms.tolist()) if len(norms) else None,
    }


def _numbers(group: Classifiers) -> Iterator[dict[str, Any]]:
    for mode in group.modes:
        alpha = group.group.mean(mode)
        assert alpha is not None, "a variant without a run"
        row = group.where | {
            "variant": mode,
            "loss": variants.loss_of(mode),
            "classifier": variants.classifier_of(mode),
        }
        row |= interval_columns("alpha", alpha)
        for name, pair in _pairs(group, mode).items():
            row |= interval_columns(name, pair.difference) | {
                f"{name}_verdict": pair.verdict,
                f"{name}_margin": pair.margin,
            }
        for name, cell in _measured(group, mode).items():
            if cell:
                row |= interval_columns(name, cell)
        yield row | {"runs": alpha.count}


def _pairs(group: Classifiers, mode: str) -> dict[str, Paired]:
    pairs = {f"minus_{REFERENCE}": group.against_reference(mode)}
    if variants.loss_of(mode) != REFERENCE:  # else it is the same
        pairs["minus_linear"] = group.against_linear(mode)
    return {name: pair for name, pair in pairs.items() if pair}


def _texts(group: Classifiers) -> Iterator[dict[str, Any]]:
    for mode in group.modes:
        pairs = _pairs(group, mode)
        loss, _, classifier = mode.partition("/")
        row = group.where | {
            "settings": group.group.other_settings,
            "loss": loss,
            "classifier": classifier or "linear",
            "alpha, %": mean_text(group.group.mean(mode)),
        }
        against, same = (pairs.get(name) for name in (f"minus_{REFERENCE}", "minus_linear"))
        row[f"minus {REFERENCE}"] = interval_text(against.difference) if against else ""
        row["verdict"] = against.words if against else ""
        row["minus linear"] = interval_text(same.difference) if same else ""
        row |= {name: mean_text(cell, 3) for name, cell in _measured(group, mode).items()}
        yield row | {"runs": str(len(group.group.alphas(mode)))}


def _published(groups: list[Classifiers], number: int, dataset: str) -> Table:
    """One of the text's tables, ours beside it; empty if no classifier was compared at all."""
    measured = [group for group in groups if group.group.dataset == dataset]
    numbers = list(_published_numbers(measured, dataset)) if groups else []
    command = f"isbe-bench experiment=zhu_table{number}"
    in_full = [group for group in measured if "arch.width=" not in group.group.settings]
    columns = {zhu.column(group.group.net) for group in in_full}
    titles = [title for net, title in zhu.NETS.items() if net not in columns]
    block = command_block([f"{command} arch=vgg16,resnet18,resnet50"])
    missing = f"Not yet measured: {', '.join(titles)}. Run:\n\n{block}" if titles and groups else ""
    runs = [_with_losses(group) for group in measured]
    return Table(
        f"zhu_table{number}",
        f"Zhu et al. 2020, Table {number}: {_TITLES[dataset]}",
        pd.DataFrame(numbers),
        reading(_published_texts(measured, dataset)) if groups else pd.DataFrame(),
        _PRINTED,
        training_origin(pd.concat(runs)) if runs else "",
        missing,
    )


def _published_numbers(groups: list[Classifiers], dataset: str) -> Iterator[dict[str, Any]]:
    for row in zhu.ROWS:
        for net in zhu.NETS:
            value, spread = zhu.ACCURACY[dataset, net, row.variant]
            yield {
                "source": "paper",
                "dataset": dataset,
                "net": net,
                "variant": row.variant,
                "alpha": value,
                "spread": spread,
            }
        for group in groups:
            if alpha := group.group.mean(row.variant):
                ours = {"source": "ours", **group.where, "variant": row.variant}
                yield ours | interval_columns("alpha", alpha) | {"runs": alpha.count}


def _published_texts(groups: list[Classifiers], dataset: str) -> list[dict[str, Any]]:
    rows = []
    for row in zhu.ROWS:
        texts: dict[str, Any] = {"loss": row.label}
        for net, title in zhu.NETS.items():
            value, spread = zhu.ACCURACY[dataset, net, row.variant]
            texts[f"{title}, paper"] = f"{value:.2f} ± {spread:.2f}"
        for group in groups:
            alpha = group.group.mean(row.variant)
            count = f" ({alpha.count})" if alpha else ""
            texts[_heading(group)] = f"{mean_text(alpha)}{count}"
        rows.append(texts)
    return rows


def _heading(group: Classifiers) -> str:
    """`ResNet-18, 6 epochs, arch.width=13, ours (runs)`."""
    net = NETWORKS.label(group.group.net)
    return f"{', '.join([net, group.group.length, *group.group.other_settings.split()])}, ours (runs)"
