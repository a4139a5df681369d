"""Figure of the loss head: time relative to the floor, and memory, by number of classes."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.heads import Heads
from isbe_bench.catalogue.entry import Entry
from isbe_bench.catalogue.heads import COMPILED, COPY, EAGER, FLOORS, HEADS, LINEAR, PIECEWISE, PRODUCTS
from isbe_bench.publication.figures import curves

PANELS = (EAGER, PIECEWISE, COMPILED, LINEAR)
_SUBJECTS = {COPY: "Scores to gradient", PRODUCTS: "Features to gradients"}
_FLOORS = {COPY: "a copy of the scores", PRODUCTS: "the matrix products"}


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """One figure for each machine and settings, with the stem of its file name."""
    for (device, settings), sizes in groupby(
        analysis.heads, lambda group: (group.where["device"], group.where["settings"])
    ):
        by_classes = sorted(sizes, key=lambda group: int(group.where["classes"]))
        if len({group.where["classes"] for group in by_classes}) > 1:
            names = set(by_classes[0].memory) - set(FLOORS)
            ways = [way for name, way in analysis.ways.items() if name in names]
            yield (
                f"head-{device}-{settings}",
                _over_classes(by_classes, ways, f"{device} {settings}".strip()),
            )


def _over_classes(sizes: Sequence[Heads], ways: Sequence[Entry], subject: str) -> Figure:
    panels = [kind for kind in PANELS if any(_panel(way) == kind for way in ways)]
    rows = -(-(len(panels) + 1) // 2)
    figure, grid = curves.page(rows, 2, 3.8 * rows)
    times, memory = dict(zip(panels, grid.flat, strict=False)), grid.flat[-1]
    for unused in grid.flat[len(panels) : -1]:
        unused.set_visible(False)
    for axes in times.values():
        axes.set_yscale("log")
    for way in ways:
        _draw(way, sizes, times[_panel(way)], memory)
    lows, highs = zip(*(axes.get_ylim() for axes in times.values()), strict=True)
    for kind, axes in times.items():
        axes.axhline(1, color="black", linewidth=0.6)
        axes.set_ylim(min(lows), max(highs))
        if max(highs) < 10 * min(lows):
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_title(kind)
        axes.set_ylabel(f"time over that of {_FLOORS[sizes[0].floor]}")
        axes.legend(  # below, where it covers no curve
            frameon=False, fontsize=6.5, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.17)
        )
    memory.set_ylim(bottom=-0.1)  # in place is at zero
    memory.set_title("memory of all")
    memory.set_ylabel("memory over that of the scores")
    for axes in (*times.values(), memory):
        _classes_axis(axes, sorted({int(group.where["classes"]) for group in sizes}))
    processes = max(group.comparison.processes for group in sizes)
    disturbed = max(group.disturbed for group in sizes)
    marked = f", {disturbed} of them disturbed" if disturbed else ""
    measured = f"mean and 95% interval over {processes} processes{marked}"
    figure.suptitle(f"{_SUBJECTS[sizes[0].floor]}, {subject}: {measured}", fontsize=9)
    return figure


def _panel(way: Entry) -> str:
    return way.family if way.family in PANELS else EAGER


def _draw(way: Entry, sizes: Sequence[Heads], time: Axes, memory: Axes) -> None:
    """Draw the time of a way over that of a copy, with its interval, and its memory."""
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
    time.fill_between(classes, *band, color=way.colour, alpha=0.15, linewidth=0, label=f"_{way.label}")
    memory.plot(classes, [ratio for _, ratio in floors.values()], **look)


def _look(way: Entry) -> dict[str, Any]:
    return {
        "marker": "o",
        "color": way.colour,
        "label": way.label,
        "linewidth": 1.1,
        "markersize": max(
            2.0, 8 - 0.5 * HEADS.place(way.name)[0]
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
