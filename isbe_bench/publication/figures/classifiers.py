"""Figures 2 and 3 of Zhu et al. 2020, and two of our own on their motive and their scale."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from isbe_bench.analysis import Analysis, variants
from isbe_bench.analysis.classifiers import Classifiers
from isbe_bench.catalogue.entry import Catalogue, Entry
from isbe_bench.catalogue.losses import REFERENCE
from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.papers import zhu
from isbe_bench.publication.figures import curves
from isbe_bench.settings.words import plural

_LAYER = f"{REFERENCE}/scaled_bn"
_CLASSES = 10
"""How many classes the text's Figure 3 shows."""
_TITLES = ("a linear classifier", "scaled batch norm")
_LEAST: Any = {"color": curves.GREY, "linestyle": ":", "linewidth": 1.1}
_MOST = 8
"""Lines that a panel can hold."""


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """All figures for each group, with the stems of their file names."""
    for group in analysis.classifiers:
        name = curves.file_words(group.group)
        layered = _layer(group)
        if layered and not group.score_quantiles(layered).empty:
            yield f"zhu_figure2-{name}", _scores(group, layered)
            yield f"zhu_figure3-{name}", _norms(group, layered)
        if not group.errors.empty:
            yield f"zhu_errors-{name}", _errors(group)
        if len(_scaled(group)) > 1 and group.group.has_curves:
            yield f"zhu_scale-{name}", _scale(group)


def _layer(group: Classifiers) -> str | None:
    """The variant to show with the layer, if that without it was trained too: m = 1, or the first."""
    scaled = [mode for mode in _scaled(group).values() if REFERENCE in group.modes]
    return next((mode for mode in scaled if mode.endswith("(1)")), next(iter(scaled), None))


def _scaled(group: Classifiers) -> dict[float, str]:
    """The variants with mean cross-entropy and scaled batch norm without learned gain, by scale."""
    found = {}
    for mode in group.modes:
        if mode.startswith(f"{_LAYER}(") and "affine" not in mode:
            found[float(mode.removeprefix(f"{_LAYER}(").rstrip(")"))] = mode
    return dict(sorted(found.items()))


def _scores(group: Classifiers, layered: str) -> Figure:
    """The text's Figure 2: the distribution of the test scores without and with the layer."""
    figure, axes = curves.page(1, 2, 2.7, sharey=False)
    for panel, mode, title in zip(axes.flat, (REFERENCE, layered), _TITLES, strict=True):
        quantiles = group.score_quantiles(mode)
        centre = quantiles.loc[0.01:0.99]
        bins = np.linspace(float(centre.iloc[0]), float(centre.iloc[-1]), 41)
        shares = np.diff(np.interp(bins, quantiles.to_numpy(), quantiles.index.to_numpy()))
        colour = _entries([mode])[mode].colour
        panel.stairs(100 * shares, bins, fill=True, color=colour, alpha=0.5)
        low, high = quantiles[0.025], quantiles[0.975]
        for edge in (low, high):
            panel.axvline(edge, color=curves.GREY, linewidth=0.7, linestyle="--")
        panel.set_title(f"{title}: 95% within {low:.1f} and {high:.1f}", fontsize=8)
        panel.set_xlabel("score")
    axes.flat[0].set_ylabel("share of the test scores, %")
    return _titled(figure, group, f"Test scores under {REFERENCE}, as in Figure 2 of Zhu et al. 2020")


def _norms(group: Classifiers, layered: str) -> Figure:
    """The text's Figure 3: norms of the weights of the first classes."""
    figure, axes = curves.page(1, 1, 2.7)
    panel: Axes = axes
    for shift, mode, title in zip((-0.2, 0.2), (REFERENCE, layered), _TITLES, strict=True):
        norms = group.weight_norms(mode).iloc[:_CLASSES]
        colour = _entries([mode])[mode].colour
        panel.bar(np.arange(len(norms)) + shift, norms, width=0.4, label=title, color=colour)
    panel.set_xticks(range(len(norms)))
    panel.set_xlabel("class")
    panel.set_ylabel("norm of its weights")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    subject = "Weights of the last layer, as in Figure 3 of Zhu et al. 2020"
    return _titled(figure, group, subject)


def _errors(group: Classifiers) -> Figure:
    """The error sent back at the scores and the gradient of the body, by epoch."""
    figure, axes = curves.page(1, 2, 3.4)
    modes = [mode for mode in group.modes if variants.loss_of(mode) == REFERENCE][:_MOST]
    modes = modes or group.modes[:_MOST]
    entries = _entries(modes)
    for panel, values, title in zip(
        axes.flat,
        (group.errors, group.gradients),
        ("error at the scores, mean norm", "gradient of the weights, norm"),
        strict=True,
    ):
        for mode in modes:
            if mode in values.columns.get_level_values("mode"):
                curves.draw(panel, _range(values.loc[:, [mode]]), entries[mode])
        panel.set_title(title, fontsize=8)
        panel.set_xlabel("epoch")
        curves.loss_axis([panel])
        curves.epoch_axis(panel, 1, group.group.epochs)
    keys = [curves.key(entries[mode], mode) for mode in modes]
    figure.legend(handles=keys, loc="outside lower center", ncols=3, frameon=False)
    return _titled(figure, group, "What is sent back, mean and range over seeds")


def _range(values: pd.DataFrame) -> pd.DataFrame:
    """Mean, lowest and highest over seeds, by epoch."""
    parts = {"mean": values.mean(axis=1), "low": values.min(axis=1), "high": values.max(axis=1)}
    return pd.DataFrame(parts)


def _scale(group: Classifiers) -> Figure:
    """Accuracy and training loss over the scale, beside the least loss that is possible."""
    figure, (accuracy, loss) = curves.page(1, 2, 3.0)
    scaled = _scaled(group)
    scales = list(scaled)
    colour = _entries([scaled[scales[0]]])[scaled[scales[0]]].colour
    for panel, column in ((accuracy, "test_accuracy"), (loss, "train_loss")):
        cells = [group.at_the_end(mode, column) for mode in scaled.values()]
        spread = np.array([(cell.mean - cell.low, cell.high - cell.mean) for cell in cells]).T
        means = [cell.mean for cell in cells]
        panel.errorbar(scales, means, yerr=np.nan_to_num(spread), color=colour, marker="o", markersize=3)
        if REFERENCE in group.modes:
            linear = group.at_the_end(REFERENCE, column).mean
            panel.axhline(linear, color="#000000", linestyle="-.", linewidth=0.9)
        panel.set_xscale("log")
        panel.set_xticks(scales, [f"{scale:g}" for scale in scales], minor=False)
        panel.minorticks_off()
        panel.set_xlabel("scale m")
    classes = _classes(group)
    if classes:
        grid = np.geomspace(scales[0], scales[-1], 50)
        least = [-np.log(zhu.largest_probability(classes, scale)) for scale in grid]
        lowest = min(group.at_the_end(mode, "train_loss").mean for mode in scaled.values())
        # Which may lie far below what is measured.
        visible = np.where(np.array(least) >= lowest / 2, least, np.nan)
        loss.plot(grid, visible, **_LEAST)
        where = "" if np.isfinite(visible).any() else " (below)"
    curves.loss_axis([loss])
    accuracy.set_ylabel("test accuracy, %")
    loss.set_ylabel("training loss, last epoch")
    keys = [
        curves.neutral_key("scaled batch norm", color=colour, marker="o"),
        curves.neutral_key("a linear classifier", color="#000000", linestyle="-."),
    ]
    if classes:
        keys.append(curves.neutral_key(f"least loss possible, K = {classes}{where}", linestyle=":"))
    figure.legend(handles=keys, loc="outside lower center", ncols=3, frameon=False)
    return _titled(figure, group, f"The scale of scaled batch norm under {REFERENCE}")


def _classes(group: Classifiers) -> int:
    """K: the number of classes among the test images; 0 if it was not recorded."""
    counts = group.group.runs["class_images"].dropna()
    return len(counts.iloc[0]) if len(counts) else 0


def _entries(modes: list[str]) -> Mapping[str, Entry]:
    """A colour and a line for each variant: the linear classifier's as in other figures."""
    plain = Catalogue(Entry(REFERENCE, REFERENCE, "", "#000000", "-."))
    return plain.entries(modes)


def _titled(figure: Figure, group: Classifiers, subject: str) -> Figure:
    least, most = group.group.seed_counts
    seeds = plural(most, "seed") if least == most else f"{least} to {most} seeds"
    place = f"{NETWORKS.label(group.group.net)} on {group.group.dataset}"
    lines = textwrap.wrap(group.group.other_settings, 110, break_on_hyphens=False)
    title = f"{subject}: {place}, {group.group.length}, {seeds}"
    options: Any = {"fontsize": 9}
    figure.suptitle("\n".join([*textwrap.wrap(title, 105), *lines]), **options)
    return figure
