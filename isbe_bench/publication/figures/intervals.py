"""The paper's Tables 1 to 4 as interval plots: what differs, and what equals reach by chance."""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from isbe_bench.analysis import accuracy
from isbe_bench.analysis.accuracy import Accuracies
from isbe_bench.analysis.collection import Collection
from isbe_bench.catalogue.losses import CROSS_ENTROPY, ISBE, MODES
from isbe_bench.catalogue.palette import COLOURS
from isbe_bench.papers import skarbek
from isbe_bench.publication.figures.curves import WIDTH
from isbe_bench.publication.figures.groups import NETS, beside_length
from isbe_bench.publication.tables import timed
from isbe_bench.publication.tables.rendering import short
from isbe_bench.publication.tables.tau import published_net
from isbe_bench.publication.tables.timed import Group
from isbe_bench.statistics.comparison import tau_control
from isbe_bench.statistics.intervals import MeanInterval

Panel = tuple[str, Callable[[Axes], None]]
"""A title, and what draws below it."""

_CE = {"ce_mean": ("o", -0.22), "ce_none": ("s", 0.0), "ce_sum": ("^", 0.22)}
"""By cross-entropy that a difference is taken against: its marker, and where in the line it stands."""

_MEAN = Line2D([], [], color="k", marker="o", linewidth=1, markersize=4, label="mean, 95% interval")
_RUN = Line2D([], [], color="0.6", marker=".", linewidth=0, markersize=4, label="a run")
_AGAINST = [
    Line2D([], [], color="k", marker=marker, linewidth=1, markersize=4, label=f"against {ce}")
    for ce, (marker, _) in _CE.items()
]
_PAPER = Line2D(
    [], [], color="k", marker="D", linewidth=0, markersize=4, fillstyle="none", label="paper"
)
_FLOOR = Patch(color="0.88", label="noise floor: what equals reach")
_MARGIN = Line2D([], [], color="0.4", linestyle=":", linewidth=1, label="margin")


def make(collection: Collection) -> Iterator[tuple[str, Figure]]:
    """One figure a table, a panel a net."""
    times = list(timed.groups(collection.timing))
    trainings = [group for group in accuracy.groups(collection) if set(group.modes) & set(MODES)]
    for name, title, unit, panels, handles in (
        (
            "table1_tau",
            "Table 1: tau, over processes",
            "tau, %",
            [(_timed(group), partial(_tau, group=group)) for group in times],
            [_MEAN, _PAPER],
        ),
        (
            "table2_delta_tau",
            "Table 2: tau of ISBE minus that of cross-entropy, over processes",
            "points of tau",
            [(_timed(group), partial(_delta_tau, group=group)) for group in times if _comparable(group)],
            [*_AGAINST, _PAPER, _FLOOR],
        ),
        (
            "table3_alpha",
            "Table 3: alpha, over seeds",
            "alpha, %",
            [
                (_trained(group, group.by_seed.count()), partial(_alpha, group=group))
                for group in trainings
            ],
            [_MEAN, _RUN, _PAPER],
        ),
        (
            "table4_delta_alpha",
            "Table 4: alpha of ISBE minus that of cross-entropy, over pairs of runs of one seed",
            "points of alpha",
            [
                (_trained(group, counts), partial(_delta_alpha, group=group))
                for group in trainings
                if (counts := _pairs(group))
            ],
            [*_AGAINST, _PAPER, _FLOOR, _MARGIN],
        ),
    ):
        if panels:
            yield name, _figure(title, unit, panels, handles)


def _figure(title: str, unit: str, panels: Sequence[Panel], handles: Sequence[Artist]) -> Figure:
    columns = 2 if len(panels) == 4 else min(3, len(panels))
    rows = -(-len(panels) // columns)
    size = WIDTH, 1.1 + 2.3 * rows
    figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for place in axes.flat[len(panels) :]:
        place.set_visible(False)
    for place, (name, draw) in zip(axes.flat, panels, strict=False):
        draw(place)
        place.set_title(name, fontsize=8)
        place.set_xlabel(unit)
        place.invert_yaxis()
    shown = [handle for handle in handles if handle is not _PAPER or any(map(_has_paper, axes.flat))]
    figure.legend(handles=shown, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(title, fontsize=9)
    return figure


def _timed(group: Group) -> str:
    place, processes = group.place, group.comparison.processes
    marked = f", {group.disturbed} disturbed" if group.disturbed else ""
    title = f"{NETS[place['net']]}, {place['dataset']}: {processes} processes{marked}"
    return _titled(title, place["settings"])


def _trained(group: Accuracies, counts: Iterable[int]) -> str:
    """`counts` says how many seeds the cells of the panel rest on."""
    fewest, *_, most = sorted([*counts] * 2)
    seeds = str(most) if fewest == most else f"{fewest} to {most}"
    counted = "1 seed" if most == 1 else f"{seeds} seeds"
    title = f"{NETS[group.net]}, {group.dataset}: {counted}, {group.length}"
    return _titled(title, group.settings)


def _titled(title: str, settings: str) -> str:
    """With what else tells a panel's runs from those of others."""
    return "\n".join([title, *textwrap.wrap(beside_length(settings), 40, break_on_hyphens=False)])


def _comparable(group: Group) -> bool:
    return bool(set(CROSS_ENTROPY) & set(group.comparison.modes) and _isbe(group))


def _pairs(group: Accuracies) -> list[int]:
    """How many seeds each pair of ISBE and cross-entropy has, of the pairs that have any."""
    counts = [len(group.seeds_of(mode, ce)) for mode in ISBE for ce in CROSS_ENTROPY]
    return [count for count in counts if count]


def _isbe(group: Group) -> list[str]:
    """The ISBE modes of a measurement, functions among them, in the order of the table."""
    comparison = group.comparison
    return [mode for mode in comparison.modes if mode.startswith("isbe_") and mode != comparison.control]


def _tau(axes: Axes, group: Group) -> None:
    comparison = group.comparison
    modes = [mode for mode in comparison.modes if mode != comparison.control]
    paper = skarbek.TAU.get(published_net(group), {})
    for at, mode in enumerate(modes):
        _dot(axes, at, comparison.mean("tau", mode), mode, "o")
        _published(axes, at, paper.get(mode), mode)
    _lines(axes, modes)


def _delta_tau(axes: Axes, group: Group) -> None:
    comparison, modes = group.comparison, _isbe(group)
    _floor(axes, tau_control(comparison).reach)
    for ce, (marker, offset) in _CE.items():
        if ce not in comparison.modes:
            continue
        paper = skarbek.DELTA_TAU.get((published_net(group), ce.removeprefix("ce_")), {})
        for at, mode in enumerate(modes):
            _dot(axes, at + offset, comparison.difference("tau", mode, ce), mode, marker)
            _published(axes, at + offset, paper.get(mode), mode)
    _lines(axes, modes)


def _alpha(axes: Axes, group: Accuracies) -> None:
    modes = [mode for mode in MODES if mode in group.modes]
    paper = skarbek.ALPHA.get(group.net, {}) if group.dataset == "mnist" else {}
    for at, mode in enumerate(modes):
        alphas = group.alphas(mode)
        below = at + 0.2 + 0.3 * np.arange(len(alphas)) / max(1, len(alphas) - 1)  # so that equals show
        axes.plot(alphas, below, ".", color="0.6", markersize=3)
        cell = group.mean(mode)
        assert cell is not None
        _dot(axes, at, cell, mode, "o")
        _published(axes, at, paper.get(mode), mode)
    _lines(axes, modes)


def _delta_alpha(axes: Axes, group: Accuracies) -> None:
    modes = [mode for mode in ISBE if mode in group.modes]
    pairs = [group.difference(mode, ce) for mode in modes for ce in _CE]
    _floor(axes, group.floor(max(pair.difference.count for pair in pairs if pair)))
    for side in (-group.margin, group.margin):
        axes.axvline(side, color="0.4", linestyle=":", linewidth=1)
    for ce, (marker, offset) in _CE.items():
        key = group.net if group.dataset == "mnist" else "", ce.removeprefix("ce_")
        paper = skarbek.DELTA_ALPHA.get(key, {})
        for at, mode in enumerate(modes):
            if pair := group.difference(mode, ce):
                _dot(axes, at + offset, pair.difference, mode, marker)
            _published(axes, at + offset, paper.get(mode), mode)
    _lines(axes, modes)


def _dot(axes: Axes, at: float, cell: MeanInterval, mode: str, marker: str) -> None:
    colour = COLOURS[mode.partition(":")[0]]
    if cell.count > 1:
        axes.plot([cell.low, cell.high], [at, at], color=colour, linewidth=1.2)
    axes.plot(cell.mean, at, marker, color=colour, markersize=4)


def _published(axes: Axes, at: float, value: float | None, mode: str) -> None:
    if value is not None:
        axes.plot(
            value, at, "D", color=COLOURS[mode], markersize=4, fillstyle="none", markeredgewidth=0.8
        )


def _has_paper(axes: Axes) -> bool:
    return any(line.get_marker() == "D" for line in axes.lines)


def _floor(axes: Axes, reach: float) -> None:
    axes.axvline(0, color="k", linewidth=0.6)
    if reach > 0:  # not NaN
        axes.axvspan(-reach, reach, color="0.88", linewidth=0, zorder=0)


def _lines(axes: Axes, modes: list[str]) -> None:
    """Each mode by its name on a line of its own."""
    axes.set_yticks(range(len(modes)), [short(mode) for mode in modes])
    axes.set_ylim(-0.6, len(modes) - 0.4)
    axes.tick_params(axis="y", length=0)
