"""The loss head over the number of classes: time over the floor, and memory."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from isbe_bench.analysis.collection import Collection
from isbe_bench.catalogue.palette import WAYS
from isbe_bench.publication.tables.head import head_numbers

_SIZE = (7.2, 3.4)  # inches: the width of a printed page


def make(collection: Collection) -> Iterator[tuple[str, Figure]]:
    """One figure for each machine and settings, with what its file is to be called."""
    numbers = head_numbers(collection.head)
    if numbers.empty:
        return
    for (device, settings), rows in numbers.groupby(["device", "settings"]):
        several = len(rows["classes"].unique()) > 1
        if several:
            yield f"head-{device}-{settings}", _over_classes(rows, f"{device} {settings}".strip())


def _over_classes(rows: pd.DataFrame, subject: str) -> Figure:
    figure, (time, memory) = plt.subplots(1, 2, figsize=_SIZE, layout="constrained")
    ways = [way for way in WAYS if way in set(rows["mode"])]
    for way in ways:
        of_way = rows[rows["mode"] == way].sort_values("classes")
        time.plot(of_way["classes"], of_way["times_floor"], **_look(way))
        time.fill_between(
            of_way["classes"],
            of_way["times_floor_low"],
            of_way["times_floor_high"],
            color=WAYS[way],
            alpha=0.15,
            linewidth=0,
        )
        memory.plot(of_way["classes"], of_way["memory_ratio"], **_look(way))
    time.axhline(1, color="black", linewidth=0.6)
    time.annotate(
        "a copy: the floor", (1, 1), (-2, 2), ("axes fraction", "data"), "offset points", ha="right"
    )
    time.set_yscale("log")
    time.yaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))
    time.set_title("time over that of copying the scores")
    memory.set_ylim(bottom=-0.1)  # in place is at zero
    memory.set_title("memory over that of the scores")
    for axes in (time, memory):
        _classes_axis(axes, sorted(rows["classes"].unique()))
    handles, labels = time.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    processes, disturbed = rows["processes"].max(), rows["disturbed"].max()
    marked = f", {disturbed} of them disturbed" if disturbed else ""
    figure.suptitle(
        f"Scores to gradient, {subject}: mean and 95% interval over {processes} processes{marked}",
        fontsize=9,
    )
    return figure


def _look(way: str) -> dict[str, Any]:
    return {
        "marker": "o",
        "color": WAYS[way],
        "label": way,
        "linewidth": 1.1,
        "markersize": 8 - 0.7 * list(WAYS).index(way),  # rings, so that none hides another
        "markerfacecolor": "none",
        "linestyle": "-" if way.startswith("isbe_") else "--",
    }


def _classes_axis(axes: Axes, classes: list[int]) -> None:
    axes.set_xscale("log")
    axes.set_xlabel("classes")
    axes.xaxis.set_major_locator(FixedLocator(classes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(_thousands))


def _thousands(value: float, position: int | None = None) -> str:
    """`128k` for 128,256."""
    return f"{value / 1000:.0f}k" if value >= 1000 else f"{value:.0f}"
