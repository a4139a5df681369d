"""Reads from a figure what a page has to know of its curves."""

from collections.abc import Iterator, Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis as MatplotlibAxis
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from isbe_bench.publication.chart import PART, Axis, Chart, Key, Panel

_POINTS = 72  # an inch, the unit of matplotlib's SVG


def read(figure: Figure) -> Chart | None:
    """The curves of a figure that was laid out; gives their elements ids. None if there are no curves.

    Curves are lines with a label. What is labelled with `_` and the name of a curve, such as its band,
    belongs to it.
    """
    shown = [axes for axes in figure.axes if axes.get_visible()]
    labels = {str(line.get_label()) for axes in shown for line in axes.lines}
    parts: dict[str, list[str]] = {name: [] for name in sorted(labels) if not name.startswith("_")}
    panels = []
    for number, axes in enumerate(shown):
        curves = {}
        for place, artist in enumerate((*axes.lines, *axes.collections)):
            label = str(artist.get_label())
            name = label.removeprefix("_")
            if name in parts:
                part = _give_id(artist, f"{number}-{place}")
                parts[name].append(part)
                if label == name:
                    curves[part] = name
        if curves:
            panels.append(_panel(figure, axes, curves))
    return Chart(panels, list(_keys(figure, parts))) if panels else None


def _give_id(artist: Artist, words: str) -> str:
    artist.set_gid(f"{PART}{words}")
    return f"{PART}{words}"


def _panel(figure: Figure, axes: Axes, curves: dict[str, str]) -> Panel:
    width, height = (_POINTS * inches for inches in figure.get_size_inches())
    at = axes.get_position()
    box = (at.x0 * width, (1 - at.y1) * height, at.x1 * width, (1 - at.y0) * height)
    left, top, right, bottom = (round(float(edge), 2) for edge in box)
    x = _axis(axes.xaxis, [each.xaxis for each in axes.get_shared_x_axes().get_siblings(axes)])
    y = _axis(axes.yaxis, [each.yaxis for each in axes.get_shared_y_axes().get_siblings(axes)])
    return Panel((left, top, right, bottom), x, y, curves)


def _axis(axis: MatplotlibAxis, shared: Sequence[MatplotlibAxis]) -> Axis:
    # Of panels that share an axis, only the outer ones name it.
    names = (each.get_label_text() for each in (axis, *shared))
    name = next(filter(None, names), "")
    low, high = (float(limit) for limit in axis.get_view_interval())
    return Axis(name, low, high, axis.get_scale() == "log")


def _keys(figure: Figure, parts: dict[str, list[str]]) -> Iterator[Key]:
    """The entries of all legends that stand for curves."""
    legends: list[Legend] = [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]
    entries = [
        (text.get_text(), handle, text)
        for legend in legends
        for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True)
        if handle is not None
    ]
    exact = {name for name, _, _ in entries}
    for number, (name, *artists) in enumerate(entries):
        meant = [
            part
            for curve, ids in parts.items()
            if curve == name or (curve not in exact and _is_part(name, curve))
            for part in ids
        ]
        if meant:
            own = [
                _give_id(artist, f"{kind}-{number}")
                for artist, kind in zip(artists, ("line", "text"), strict=True)
            ]
            yield Key(name, own, meant)


def _is_part(name: str, curve: str) -> bool:
    """Whether an entry (`N0`, or `ce_mean = ce_none`) stands for a curve (`N0 ce_mean`) and others."""
    return any(f"{name} = ".startswith(f"{word} = ") for word in curve.split(" "))
