"""The paper's Tables 1 to 4 as interval plots, beside the noise floor of identical modes."""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.cells import Cell
from isbe_bench.analysis.timings import Timings
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.losses import CROSS_ENTROPY, base, label, order, together
from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.publication.figures.curves import WIDTH
from isbe_bench.settings.words import plural

Panel = tuple[str, Callable[[Axes], None]]
"""A title, and a function that draws the panel."""

_TICKS = 9  # side by side
_TITLE = 31  # letters as wide as the smallest panel

_AGAINST = dict(zip(CROSS_ENTROPY, (("o", -0.22), ("s", 0.0), ("^", 0.22)), strict=True))
"""Marker and vertical offset of a difference, by the cross-entropy that it is taken from."""

_MEAN = Line2D([], [], color="k", marker="o", linewidth=1, markersize=4, label="mean, 95% interval")
_RUN = Line2D([], [], color="0.6", marker=".", linewidth=0, markersize=4, label="one run")
_REFERENCES = {
    ce: Line2D([], [], color="k", marker=marker, linewidth=1, markersize=4, label=f"against {ce}")
    for ce, (marker, _) in _AGAINST.items()
}
_PAPER = Line2D(
    [], [], color="k", marker="D", linewidth=0, markersize=4, fillstyle="none", label="paper"
)
_FLOOR = Patch(color="0.88", label="noise floor (identical modes)")
_MARGIN = Line2D([], [], color="0.4", linestyle=":", linewidth=1, label="margin")


@dataclass(frozen=True)
class _Plot:
    """One figure: a panel for each group, and the legend entries of everything drawn."""

    name: str
    title: str
    unit: str
    panels: Sequence[Panel]
    keys: Sequence[Artist]


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """One figure for each of the paper's tables, a panel for each network."""
    for plot in (*_times(analysis), *_accuracies(analysis)):
        if plot.panels:
            yield plot.name, _figure(plot)


def _times(analysis: Analysis) -> Iterator[_Plot]:
    draw = _Cells(analysis)
    tau = {
        group: [cell for cell in group.cells if cell.quantity == "tau"]
        for group in analysis.shown_timings
    }
    values = {group: [cell for cell in cells if not cell.is_difference] for group, cells in tau.items()}
    yield _Plot(
        "table1_tau",
        "Table 1: tau, over processes",
        "tau, %",
        [(_timing_title(group), partial(draw.values, cells=cells)) for group, cells in values.items()],
        [_MEAN, *_paper_key(values.values())],
    )
    differences = {
        group: cells
        for group, every in tau.items()
        if (cells := [cell for cell in every if cell.is_difference])
    }
    yield _Plot(
        "table2_delta_tau",
        f"Table 2: tau, {_together(differences.values())} minus cross-entropy, over processes",
        "points of tau",
        [
            (
                _timing_title(group),
                partial(draw.differences, cells=cells, floor=group.tau_control.reach),
            )
            for group, cells in differences.items()
        ],
        [*_reference_keys(differences.values()), *_paper_key(differences.values()), _FLOOR],
    )


def _accuracies(analysis: Analysis) -> Iterator[_Plot]:
    draw = _Cells(analysis)
    groups = [group for group in analysis.shown if not group.apart]
    values = {group: [cell for cell in group.cells if not cell.is_difference] for group in groups}
    yield _Plot(
        "table3_alpha",
        "Table 3: alpha, over seeds",
        "alpha, %",
        [
            (_training_title(group, cells), partial(draw.alphas, cells=cells, group=group))
            for group, cells in values.items()
        ],
        [_MEAN, _RUN, *_paper_key(values.values())],
    )
    differences = {
        group: cells
        for group in groups
        if (cells := [cell for cell in group.cells if cell.is_difference])
    }
    floors = {
        group: group.floor(max(cell.value.count for cell in cells))
        for group, cells in differences.items()
    }
    yield _Plot(
        "table4_delta_alpha",
        f"Table 4: alpha, {_together(differences.values())} minus cross-entropy, "
        "over pairs of runs of one seed",
        "points of alpha",
        [
            (
                _training_title(group, cells),
                partial(draw.differences, cells=cells, floor=floors[group], margin=group.margin),
            )
            for group, cells in differences.items()
        ],
        [
            *_reference_keys(differences.values()),
            *_paper_key(differences.values()),
            *([_FLOOR] if any(floor > 0 for floor in floors.values()) else []),
            _MARGIN,
        ],
    )


def _together(panels: Iterable[list[Cell]]) -> str:
    return together(cell.mode for cells in panels for cell in cells)


def _reference_keys(panels: Iterable[list[Cell]]) -> list[Artist]:
    drawn = {cell.reference for cells in panels for cell in cells}
    return [key for ce, key in _REFERENCES.items() if ce in drawn]


def _paper_key(panels: Iterable[list[Cell]]) -> list[Artist]:
    drawn = any(cell.paper is not None for cells in panels for cell in cells)
    return [_PAPER] if drawn else []


def _figure(plot: _Plot) -> Figure:
    count = len(plot.panels)
    columns = 2 if count == 4 else min(3, count)
    rows = -(-count // columns)
    size = WIDTH, 1.1 + 2.3 * rows
    figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for place in axes.flat[count:]:
        place.set_visible(False)
    for place, (title, draw) in zip(axes.flat, plot.panels, strict=False):
        draw(place)
        place.set_title(title, fontsize=8)
        place.set_xlabel(plot.unit)
        place.locator_params(axis="x", nbins=_TICKS // columns)
        place.invert_yaxis()
    figure.legend(handles=list(plot.keys), loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(plot.title, fontsize=9)
    return figure


def _timing_title(group: Timings) -> str:
    where, processes = group.where, plural(group.comparison.processes, "process")
    disturbed = f", {group.disturbed} disturbed" if group.disturbed else ""
    title = f"{NETWORKS.label(where['net'])}, {where['dataset']}: {processes}{disturbed}"
    return _titled(title, where["settings"])


def _training_title(group: Trainings, cells: list[Cell]) -> str:
    counts = [cell.value.count for cell in cells]
    fewest, most = min(counts), max(counts)
    seeds = plural(most, "seed") if fewest == most else f"{fewest} to {most} seeds"
    title = f"{NETWORKS.label(group.net)}, {group.dataset}: {seeds}, {group.length}"
    return _titled(title, group.other_settings)


def _titled(title: str, settings: str) -> str:
    """A panel title with the settings of its runs below."""
    below = textwrap.wrap(settings, _TITLE, break_on_hyphens=False)
    return "\n".join([*textwrap.wrap(title, _TITLE), *below])


class _Cells:
    """Draws cells, one line per mode, in the colours of the catalogue."""

    def __init__(self, analysis: Analysis) -> None:
        self._losses = analysis.losses

    def values(self, axes: Axes, cells: list[Cell]) -> None:
        """Draw a dot with its interval for each mode."""
        for at, cell in enumerate(cells):
            self._dot(axes, at, cell, "o")
        _mode_axis(axes, [cell.mode for cell in cells])

    def alphas(self, axes: Axes, cells: list[Cell], group: Trainings) -> None:
        """Draw the values, with every run below them."""
        for at, cell in enumerate(cells):
            alphas = group.alphas(cell.mode)
            below = (
                at + 0.2 + 0.3 * np.arange(len(alphas)) / max(1, len(alphas) - 1)
            )  # identical values stay visible
            axes.plot(alphas, below, ".", color="0.6", markersize=3)
        self.values(axes, cells)

    def differences(
        self, axes: Axes, cells: list[Cell], floor: float, margin: float | None = None
    ) -> None:
        """Draw a dot for each mode and cross-entropy, over the noise floor."""
        axes.axvline(0, color="k", linewidth=0.6)
        if floor > 0:  # not NaN
            axes.axvspan(-floor, floor, color="0.88", linewidth=0, zorder=0)
        for side in () if margin is None else (-margin, margin):
            axes.axvline(side, color="0.4", linestyle=":", linewidth=1)
        modes = sorted({cell.mode for cell in cells}, key=order)
        several = len({cell.reference for cell in cells}) > 1
        for cell in cells:
            marker, offset = _AGAINST[str(cell.reference)]
            at = modes.index(cell.mode) + (offset if several else 0)
            self._dot(axes, at, cell, marker)
        _mode_axis(axes, modes)

    def _dot(self, axes: Axes, at: float, cell: Cell, marker: str) -> None:
        colour, value = self._losses[base(cell.mode)].colour, cell.value
        if value.count > 1:
            axes.plot([value.low, value.high], [at, at], color=colour, linewidth=1.2)
        axes.plot(value.mean, at, marker, color=colour, markersize=4)
        if cell.paper is not None:
            axes.plot(
                cell.paper,
                at,
                "D",
                color=colour,
                markersize=4,
                fillstyle="none",
                markeredgewidth=0.8,
            )


def _mode_axis(axes: Axes, modes: list[str]) -> None:
    """Label one line of the axis for each mode."""
    axes.set_yticks(range(len(modes)), [label(mode) for mode in modes])
    axes.set_ylim(-0.6, len(modes) - 0.4)
    axes.tick_params(axis="y", length=0)
