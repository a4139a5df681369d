"""Figure of the loss head: time relative to the floor, and memory, by number of classes."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.heads import Heads
from isbe_bench.catalogue.entry import Entry
from isbe_bench.catalogue.heads import COPY, HEADS
from isbe_bench.publication.figures import curves


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """One figure for each machine and settings, with the stem of its file name."""
    for (device, settings), sizes in groupby(
        analysis.heads, lambda group: (group.where["device"], group.where["settings"])
    ):
        by_classes = sorted(sizes, key=lambda group: int(group.where["classes"]))
        if len({group.where["classes"] for group in by_classes}) > 1:
            ways = [way for name, way in analysis.ways.items() if name != COPY]
            yield (
                f"head-{device}-{settings}",
                _over_classes(by_classes, ways, f"{device} {settings}".strip()),
            )


def _over_classes(sizes: Sequence[Heads], ways: Sequence[Entry], subject: str) -> Figure:
    figure, (time, memory) = curves.page(1, 2, 3.4)
    for way in ways:
        floors = {
            int(group.where["classes"]): (cell.value, group.memory[way.name])
            for group in sizes
            for cell in group.cells
            if (cell.quantity, cell.mode) == ("times_floor", way.name)
        }
        classes = list(floors)
        values = [value for value, _ in floors.values()]
        look = _look(way)
        time.plot(classes, [value.mean for value in values], **look)
        band = [value.low for value in values], [value.high for value in values]
        time.fill_between(classes, *band, color=way.colour, alpha=0.15, linewidth=0)
        memory.plot(classes, [ratio for _, ratio in floors.values()], **look)
    time.axhline(1, color="black", linewidth=0.6)
    time.annotate(
        "a copy: the floor", (1, 1), (-2, 2), ("axes fraction", "data"), "offset points", ha="right"
    )
    time.set_yscale("log")
    time.yaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))
    time.set_title("time relative to copying the scores")
    memory.set_ylim(bottom=-0.1)  # in place is at zero
    memory.set_title("memory relative to the scores")
    for axes in (time, memory):
        _classes_axis(axes, sorted({int(group.where["classes"]) for group in sizes}))
    handles, labels = time.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    processes = max(group.comparison.processes for group in sizes)
    disturbed = max(group.disturbed for group in sizes)
    marked = f", {disturbed} of them disturbed" if disturbed else ""
    figure.suptitle(
        f"Scores to gradient, {subject}: mean and 95% interval over {processes} processes{marked}",
        fontsize=9,
    )
    return figure


def _look(way: Entry) -> dict[str, Any]:
    return {
        "marker": "o",
        "color": way.colour,
        "label": way.label,
        "linewidth": 1.1,
        "markersize": max(
            2.0, 8 - 0.7 * HEADS.place(way.name)[0]
        ),  # rings of different size, so that none hides another
        "markerfacecolor": "none",
        "linestyle": way.line,
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
