"""Learning curves of trainings."""

import textwrap
from collections.abc import Iterator

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from isbe_bench.collection import Collection
from isbe_bench.losses import MODES
from isbe_bench.palette import COLOURS, LINES

_SPLITS = ("train", "validation", "test")
_SIZE = (7.2, 4.6)  # inches: the width of a printed page


def make(collection: Collection) -> Iterator[tuple[str, Figure]]:
    """One figure for each net, data set and settings, with what its file is to be called."""
    if collection.runs.empty:
        return
    for (dataset, net, settings), runs in collection.runs.groupby(["dataset", "net", "settings"]):
        curves = collection.epochs.merge(runs[["run", "mode", "seed"]], on="run")
        figure = _learning_curves(curves, f"{str(net).upper()} on {dataset}", str(settings))
        yield f"learning_curves-{dataset}-{net}-{settings}", figure


def _learning_curves(curves: pd.DataFrame, subject: str, settings: str) -> Figure:
    """Loss (log scale) above accuracy; training, validation and test side by side."""
    modes = [mode for mode in MODES if mode in set(curves["mode"])]
    seeds = curves["seed"].nunique()
    figure, axes = plt.subplots(2, 3, figsize=_SIZE, sharex=True, sharey="row", layout="constrained")
    for column, split in enumerate(_SPLITS):
        for mode in modes:
            of_mode = curves[curves["mode"] == mode]
            _draw(axes[0, column], of_mode, f"{split}_loss", mode)
            _draw(axes[1, column], of_mode, f"{split}_accuracy", mode)
        axes[0, column].set_title(split)
        axes[0, column].set_yscale("log")
        axes[1, column].set_xlabel("epoch")
    axes[0, 0].set_ylabel("loss per image (each mode's own)")
    axes[1, 0].set_ylabel("accuracy, %")
    axes[1, 0].set_ylim(_lowest_accuracy(curves), None)
    axes[1, 0].set_ylim(None, min(axes[1, 0].get_ylim()[1], 100.0))
    axes[1, 0].xaxis.set_major_locator(MaxNLocator(integer=True))
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    spread = f"mean and range over {seeds} seeds" if seeds > 1 else "one seed"
    title = "\n".join([f"{subject}: {spread}", *textwrap.wrap(settings, 110, break_on_hyphens=False)])
    figure.suptitle(title, fontsize=9)
    return figure


def _lowest_accuracy(curves: pd.DataFrame) -> float:
    """Where the accuracy axis begins: the start of training would squeeze the rest into one line."""
    accuracies = curves[[f"{split}_accuracy" for split in _SPLITS]]
    worst_end = float(accuracies[curves["epoch"] == curves["epoch"].max()].min().min())
    best = float(accuracies.max().max())
    return max(0.0, worst_end - 2.5 * max(1.0, best - worst_end))


def _draw(axes: Axes, curves: pd.DataFrame, column: str, mode: str) -> None:
    by_epoch = curves.groupby("epoch")[column]
    mean, low, high = by_epoch.mean(), by_epoch.min(), by_epoch.max()
    axes.plot(mean.index, mean, LINES[mode], color=COLOURS[mode], linewidth=1.1, label=mode)
    axes.fill_between(mean.index, low, high, color=COLOURS[mode], alpha=0.12, linewidth=0)
