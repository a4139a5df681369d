"""Curves, axes, legends and titles of all figures of trainings."""

import itertools
import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.entry import Entry
from isbe_bench.catalogue.networks import CIFAR_NETS, NETWORKS

WIDTH = 7.2  # inches, the width of a printed page
GREY = "#666666"  # of text beside the curves

_FEW = 5  # epochs
_FAR = 20.0  # points of accuracy


def cifar_groups(analysis: Analysis) -> list[Trainings]:
    """The trainings of networks for CIFAR-10, which Figures 6 to 8 show."""
    return [group for group in _with_curves(analysis) if _is_for_cifar(group)]


def other_groups(analysis: Analysis) -> list[Trainings]:
    """The trainings of all other networks, which Figures 1 to 4 show."""
    return [group for group in _with_curves(analysis) if not _is_for_cifar(group)]


def _with_curves(analysis: Analysis) -> list[Trainings]:
    return [group for group in analysis.shown if not group.apart and group.has_curves]


def _is_for_cifar(group: Trainings) -> bool:
    return NETWORKS.family(group.net) == CIFAR_NETS


def file_words(group: Trainings) -> str:
    """The part of file names that identifies a group."""
    return f"{group.dataset}-{group.net}-{group.settings}"


def page(rows: int, columns: int, height: float, **sharing: Any) -> tuple[Figure, Any]:
    """A figure as wide as a page, `height` inches high, and its axes as an array (rows, columns)."""
    return plt.subplots(rows, columns, figsize=(WIDTH, height), layout="constrained", **sharing)


def draw(axes: Axes, curve: pd.DataFrame, loss: Entry, **look: Any) -> None:
    """Draw a curve of `Trainings.curve` as a line, and its range over seeds as a band."""
    usual: dict[str, Any] = {
        "color": loss.colour,
        "label": loss.name,
        "linestyle": loss.line,
        "linewidth": 1.1,
        "marker": point(len(curve)),
        "markersize": 3,
    }
    look = usual | look
    axes.plot(curve.index, curve["mean"], **look)
    edge = 3 if len(curve) == 1 else 0  # the band of a single epoch has no width of its own
    band = curve["low"], curve["high"]
    name = f"_{look['label']}"  # as `Chart` expects of what belongs to a curve
    axes.fill_between(curve.index, *band, color=loss.colour, alpha=0.12, linewidth=edge, label=name)


def point(epochs: int, shape: str = "o") -> str:
    """The marker at each epoch of a curve; empty for a curve with many epochs."""
    return shape if epochs <= _FEW else ""


def say_absent(axes: Axes, modes: Iterable[str]) -> None:
    """Write into a panel that there are no runs of its modes."""
    text = "\n".join(["no runs of", *modes])
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY, fontsize=7)


def epoch_axis(axes: Axes, first: int, last: int) -> None:
    """Limit the axis to the epochs from `first` to `last`."""
    axes.set_xlim(first - 0.5, last + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))


def loss_axis(panels: Sequence[Axes]) -> None:
    """Make loss axes logarithmic, unless a loss is zero, with as many ticks as can be read."""
    if min(float(np.min(line.get_ydata())) for axes in panels for line in axes.lines) <= 0:
        return
    for axes in panels:
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        numbers = next(each for decades, each in _NUMBERS.items() if high / low <= 10**decades)
        axes.yaxis.set_major_locator(LogLocator(subs=numbers))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())


_NUMBERS = {1.0: (1, 2, 3, 4, 6, 8), 1.7: (1, 2, 5), 3.0: (1, 3), math.inf: (1,)}
"""Labelled multiples within a decade, by the largest number of decades of the axis."""


def accuracy_axis(panels: Sequence[Axes], since: float) -> None:
    """Zoom accuracy axes, in percent, onto the values from epoch `since` on.

    The start of training may be cut off. A curve that ends far below all others is cut off as well,
    since it would squeeze them into one line; its panel states where it ends.
    """
    lines = [line for axes in panels for line in axes.lines]
    floor = _lowest_of_most([_end(line) for line in lines])
    low = min(_low(line, since) for line in lines if _end(line) >= floor)
    high = max(axes.dataLim.y1 for axes in panels)  # includes the bands
    span = max(high - low, 0.2)
    for axes in panels:
        axes.set_ylim(low - 0.25 * span, high + 0.05 * span)
        below = [f"{line.get_label()}: {_end(line):.1f}" for line in axes.lines if _end(line) < floor]
        if below:
            text = "\n".join(["ends below", *(words for words in below if not words.startswith("_"))])
            axes.text(0.98, 0.03, text, transform=axes.transAxes, ha="right", color=GREY, fontsize=6)


def _end(line: Line2D) -> float:
    return float(np.asarray(line.get_ydata())[-1])


def _low(line: Line2D, since: float) -> float:
    """The 5% quantile of a line from epoch `since` on; the value of a horizontal line."""
    epochs, values = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    return float(np.quantile(values[epochs >= min(since, epochs[-1])], 0.05))


def _lowest_of_most(ends: Sequence[float]) -> float:
    """The lowest value that no wide gap separates from the highest."""
    ordered = sorted(ends, reverse=True)
    for above, below in itertools.pairwise(ordered):
        if above - below > max(_FAR, 3 * (ordered[0] - above)):
            return above
    return ordered[-1]


def key(loss: Entry, label: str) -> Line2D:
    """A loss mode's entry in a legend."""
    return neutral_key(label, color=loss.colour, linestyle=loss.line)


def neutral_key(label: str, **look: Any) -> Line2D:
    """A legend entry that applies to all modes."""
    usual: dict[str, Any] = {"color": GREY, "linewidth": 1.1, "markersize": 3}
    return Line2D([], [], label=label, **usual | look)


def finish(
    figure: Figure,
    subject: str,
    groups: Sequence[Trainings],
    keys: Sequence[Line2D],
    missing: Sequence[str] = (),
) -> Figure:
    """Add title and legend to a figure, with a note of the modes without runs."""
    figure.suptitle("\n".join([f"{subject}: {_extent(groups)}", *_settings(groups)]), fontsize=9)
    columns = len(keys) if len(keys) <= 5 else math.ceil(len(keys) / 2)
    note = textwrap.wrap(f"no runs of {', '.join(missing)}", 120) if missing else []
    legend = figure.legend(
        handles=keys,
        loc="outside lower center",
        ncols=columns,
        handlelength=2.5,
        frameon=False,
        title="\n".join(note),
        title_fontsize=7,
    )
    legend.get_title().set_color(GREY)
    return figure


def _extent(groups: Sequence[Trainings]) -> str:
    """`mean and range over 3 seeds, 15 epochs`."""
    fewest = min(group.seed_counts[0] for group in groups)
    most = max(group.seed_counts[1] for group in groups)
    if most == 1:
        spread = "one seed"
    else:
        spread = f"mean and range over {most if fewest == most else f'{fewest} to {most}'} seeds"
    return f"{spread}, {groups[0].length}"  # only groups of the same length are shown together


def _settings(groups: Sequence[Trainings]) -> list[str]:
    return textwrap.wrap(groups[0].other_settings, 110, break_on_hyphens=False)
