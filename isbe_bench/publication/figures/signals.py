"""Gradients by layer and epoch, a panel for each loss mode; and what `train.signals` recorded."""

import math
from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.signals import Signals
from isbe_bench.catalogue.entry import Catalogue
from isbe_bench.catalogue.losses import LOSSES
from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.publication.figures import curves
from isbe_bench.runs.rows import CONFIDENCE_BINS

_COLUMNS = 3
_PANEL = 2.0  # inches
_MOST_LAYERS = 8
_MOST_MODES = 9


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """The figures of each group, with the stems of their file names."""
    for signals in analysis.signals:
        words = curves.file_words(signals.group)
        if signals.with_gradients:
            yield f"gradients-{words}", _gradients(signals)
        if signals.modes:
            yield f"signals-{words}", _signals(signals)


def _gradients(signals: Signals) -> Figure:
    """The norm of each layer's gradient; of a deep network, of some layers from first to last."""
    modes = signals.with_gradients[:_MOST_MODES]
    columns = min(len(modes), _COLUMNS)
    rows = math.ceil(len(modes) / columns)
    figure, axes = curves.page(rows, columns, 0.9 + _PANEL * rows, sharey=True, squeeze=False)
    layers = _spread(signals.layers)
    entries = Catalogue().entries([f"{number:02d}" for number in range(len(layers))])
    looks = dict(zip(layers, entries.values(), strict=True))
    panels = list(axes.flat)
    for panel, mode in zip(panels, modes, strict=False):
        for layer, look in looks.items():
            curve = signals.gradient(mode, layer)
            if len(curve):
                curves.draw(panel, curve, look, label=layer)
        panel.set_title(LOSSES.label(mode), fontsize=8)
        curves.epoch_axis(panel, 1, signals.group.epochs)
    curves.loss_axis([panel for panel in panels if panel.lines])
    for panel in panels[len(modes) :]:
        panel.set_axis_off()
    for row in axes:
        row[0].set_ylabel("norm of the gradient")
    for panel in panels[max(0, len(modes) - columns) : len(modes)]:
        panel.set_xlabel("epoch")
    keys = [
        curves.neutral_key(layer, color=look.colour, linestyle=look.line)
        for layer, look in looks.items()
    ]
    return curves.finish(figure, f"Gradients of {_place(signals)}", [signals.group], keys)


def _place(signals: Signals) -> str:
    return f"{NETWORKS.label(signals.group.net)} on {signals.group.dataset}"


def _spread(layers: list[str]) -> list[str]:
    """At most so many layers as a legend can hold, the first and the last among them."""
    if len(layers) <= _MOST_LAYERS:
        return layers
    step = (len(layers) - 1) / (_MOST_LAYERS - 1)
    return [layers[round(number * step)] for number in range(_MOST_LAYERS)]


def _signals(signals: Signals) -> Figure:
    """Calibration, scores and weights by epoch, and how often a confidence is right at the end."""
    figure, axes = curves.page(2, 2, 5.0)
    calibration, reliability, scores, weights = axes.flat
    losses = LOSSES.entries(signals.modes)
    for mode in signals.modes:
        for panel, curve in (
            (calibration, signals.calibration_error(mode)),
            (scores, signals.score_range(mode)),
            (weights, signals.weight_norm(mode)),
        ):
            if len(curve):
                curves.draw(panel, curve, losses[mode], label=LOSSES.label(mode))
        _draw_reliability(
            reliability, signals.reliability(mode), losses[mode].colour, LOSSES.label(mode)
        )
    reliability.plot([0, 1], [0, 1], color=curves.GREY, linewidth=0.7, linestyle=":")
    reliability.set_xlabel("confidence in the predicted class")
    for panel, title in (
        (calibration, "expected calibration error"),
        (reliability, "share predicted correctly, after the last epoch"),
        (scores, "range of the inner 90% of the test scores"),
        (weights, "norm of all weights"),
    ):
        panel.set_title(title, fontsize=8)
    for panel in (calibration, scores, weights):
        panel.set_xlabel("epoch")
        if panel.lines:
            curves.epoch_axis(panel, 1, signals.group.epochs)
        else:
            curves.say_absent(panel, ["this signal"])
    keys: list[Line2D] = [curves.key(losses[mode], LOSSES.label(mode)) for mode in signals.modes]
    return curves.finish(figure, f"Signals of {_place(signals)}", [signals.group], keys)


def _draw_reliability(panel: Axes, bins: pd.DataFrame, colour: str, mode: str) -> None:
    """A point for each bin, at its middle, the larger the more images it holds."""
    if bins.empty:
        return
    middles = bins.index - 0.5 / CONFIDENCE_BINS
    sizes = 4 + 60 * bins["share"].to_numpy() ** 0.5
    panel.scatter(
        middles, bins["right"], s=sizes, color=colour, alpha=0.6, linewidth=0, label=f"_{mode}"
    )
    panel.plot(middles, bins["right"], color=colour, linewidth=0.8, label=f"_{mode}")
