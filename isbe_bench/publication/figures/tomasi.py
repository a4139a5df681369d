"""The figures of Tomasi 2019, drawn from its formulas, beside what `task=oracle` measured of it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from isbe_bench.analysis import Analysis
from isbe_bench.papers import tomasi
from isbe_bench.papers.tomasi import Array
from isbe_bench.publication.figures import curves

_COLOURS = ("#0072B2", "#E69F00", "#009E73")
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
"""Where the triangle shows the three labels."""
_LARGEST = (0.9, 0.99, 0.999)
"""Largest coefficients of momentum, those of Sutskever et al. 2013 among them."""
_STEPS = 20_000


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """Figures 1 to 5, if gradients were worked out by hand, with the stems of their file names."""
    if analysis.collection.measurements["oracle"].runs.empty:
        return
    yield "tomasi_figure1_simplex", _simplex()
    yield "tomasi_figure2_cross_entropy", _losses()
    yield "tomasi_figure3_data_flow", _data_flow()
    yield "tomasi_figure4_momentum", _momentum()
    yield "tomasi_figure5_entropy", _entropy()


def _simplex() -> Figure:
    """Distributions over two and three labels, by the label with the largest probability."""
    figure, axes = curves.page(1, 2, 2.8)
    segment, triangle = axes.flat
    share = np.linspace(0, 1, 2001)
    points = np.column_stack([1 - share, share])
    regions = tomasi.region(points)
    for label in (0, 1):
        inside = points[regions == label]
        segment.plot(inside[:, 0], inside[:, 1], color=_COLOURS[label], linewidth=3)
    segment.plot(0.5, 0.5, "o", color="black", markersize=5)
    segment.annotate("(1/2, 1/2)", (0.5, 0.5), (5, 5), textcoords="offset points")
    segment.set(xlabel="p of label 1", ylabel="p of label 2", aspect="equal", title="two labels")

    grid = np.stack(np.meshgrid(share[::5], share[::5]), axis=-1).reshape(-1, 2)
    inside = grid[grid.sum(axis=1) <= 1]
    points = np.column_stack([inside, 1 - inside.sum(axis=1)])
    places, regions = points @ _CORNERS, tomasi.region(points)
    for label in range(3):
        at = places[regions == label]
        triangle.scatter(at[:, 0], at[:, 1], s=1.5, color=_COLOURS[label], alpha=0.35, rasterized=True)
        below = {"xytext": (0, -12 if label < 2 else 6), "textcoords": "offset points", "ha": "center"}
        triangle.annotate(f"label {label + 1}", tuple(_CORNERS[label]), **below)
    centre = _CORNERS.mean(axis=0)
    for corner in range(3):
        middle = np.delete(_CORNERS, corner, axis=0).mean(axis=0)
        triangle.plot(*zip(centre, middle, strict=True), color="black", linewidth=1.2)
    triangle.plot(*centre, "o", color="black", markersize=5)
    triangle.annotate("(1/3, 1/3, 1/3)", tuple(centre), (1.0, 0.27), arrowprops={"arrowstyle": "-"})
    triangle.set(aspect="equal", title="three labels", ylim=(-0.12, 1.0))
    triangle.set_axis_off()
    return _titled(figure, 1, "the soft-max simplex and its decision regions")


def _losses() -> Figure:
    """Cross-entropy of a score for each of two labels, beside its domain."""
    figure, axes = curves.page(1, 2, 2.6)
    domain, loss = axes.flat
    scores = np.linspace(0.005, 0.995, 397)
    for label, colour in ((1, _COLOURS[0]), (0, _COLOURS[1])):
        domain.plot([label, label], [0, 1], color=colour, linewidth=3)
        loss.plot(scores, tomasi.cross_entropy(label, scores), color=colour, label=f"y = {label}")
    loss.plot(0.5, float(tomasi.cross_entropy(1, np.array(0.5))), "o", color="black", markersize=4)
    domain.set(xlabel="label y", ylabel="score p", xticks=[0, 1], xlim=(-0.5, 1.5), title="domain")
    loss.set(xlabel="score p", ylabel="loss, bits", ylim=(0, None), title="cross-entropy")
    loss.legend(frameon=False)
    return _titled(figure, 2, "cross-entropy of two labels")


def _data_flow() -> Figure:
    """What the loss of an image is computed from, for three layers, and what goes back."""
    figure, axes = curves.page(1, 1, 2.2)
    layers = 3
    axes.set(xlim=(-0.6, 2 * layers + 2.8), ylim=(-1.15, 1.15))
    axes.set_axis_off()
    texts = ["x(0) = x", *(f"x({layer})" for layer in range(1, layers)), "x(3) = p"]
    for layer, text in enumerate(texts):
        axes.text(2 * layer, 0, text, ha="center", va="center")
    for layer in range(1, layers + 1):
        centre = 2 * layer - 1
        _box(axes, centre, 0, f"f({layer})")
        axes.text(centre, 0.95, f"w({layer})", ha="center", va="center")
        _arrow(axes, (centre, 0.78), (centre, 0.3))
        _arrow(axes, (centre - 0.62, 0), (centre - 0.3, 0))
        _arrow(axes, (centre + 0.3, 0), (centre + 0.62, 0))
        _back(axes, centre + 0.12, 0.55, f"g dx({layer})/dw({layer})", "left")
        if layer > 1:  # Equation (3) needs no more
            _arrow(axes, (centre + 0.9, -0.55), (centre - 0.9, -0.55), _COLOURS[1])
            _back(axes, centre, -0.8, f"g dx({layer})/dx({layer - 1})", "center")
    end = 2 * layers + 1.1
    _box(axes, end, 0, "loss")
    _arrow(axes, (end - 0.55, 0), (end - 0.3, 0))
    axes.text(end, 0.95, "y", ha="center", va="center")
    _arrow(axes, (end, 0.78), (end, 0.3))
    axes.text(end + 0.45, 0, "l(y, p)", va="center")
    _back(axes, end, -0.6, "g = dl/dp", "center")
    return _titled(figure, 3, "from an image to its loss, and back")


def _box(axes: Axes, x: float, y: float, text: str) -> None:
    frame: Any = {"boxstyle": "round,pad=0.5", "facecolor": "white", "linewidth": 0.8}
    axes.text(x, y, text, ha="center", va="center", bbox=frame)


def _back(axes: Axes, x: float, y: float, text: str, side: str) -> None:
    """What is computed on the way back."""
    axes.text(x, y, text, ha=side, va="center", color=_COLOURS[1], fontsize=7)


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str = "black"
) -> None:
    look: Any = {"arrowstyle": "->", "color": colour, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=look)


def _momentum() -> Figure:
    """How the coefficient of `optimizer=heavy_ball` rises."""
    figure, axes = curves.page(1, 1, 2.6)
    steps = np.arange(_STEPS)
    for largest, colour in zip(_LARGEST, _COLOURS, strict=True):
        values = [tomasi.momentum(int(step), 250, largest) for step in steps]
        axes.step(steps, values, where="post", color=colour, linewidth=1.1, label=f"at most {largest:g}")
    axes.set(xlabel="step", ylabel="coefficient of momentum", ylim=(0.45, 1.02))
    axes.legend(frameon=False, loc="lower right")
    return _titled(figure, 4, "the coefficient of momentum, rising every 250 steps")


def _entropy() -> Figure:
    figure, axes = curves.page(1, 1, 2.6)
    probabilities: Array = np.linspace(0, 1, 401)
    axes.plot(probabilities, tomasi.entropy(probabilities), color=_COLOURS[0])
    axes.set(xlabel="probability q", ylabel="entropy H(q), bits", ylim=(0, 1.05))
    return _titled(figure, 5, "the entropy of two outcomes")


def _titled(figure: Figure, number: int, subject: str) -> Figure:
    figure.suptitle(f"Figure {number} of Tomasi 2019: {subject}", fontsize=9)
    return figure
