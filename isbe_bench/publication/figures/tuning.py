"""Validation accuracy over the learning rate, a line for each mode with its best rate marked."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from matplotlib.figure import Figure

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.tuning import Tuning
from isbe_bench.catalogue.entry import Entry
from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.publication.figures import curves
from isbe_bench.settings.words import plural

_HEIGHT = 3.4  # inches
_STAR: Any = {"markersize": 12, "markeredgecolor": "white", "markeredgewidth": 0.6}


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """One figure for each network and data set, with the stem of its file name."""
    for tuning in analysis.tunings:
        words = "-".join(str(tuning.where[key]) for key in ("dataset", "net", "settings"))
        yield f"tune-{words}", _figure(tuning, analysis.losses)


def _figure(tuning: Tuning, losses: Mapping[str, Entry]) -> Figure:
    figure, axes = curves.page(1, 1, _HEIGHT)
    for tuned in tuning.modes:
        loss, by_rate = losses[tuned.mode], tuned.accuracies
        mean = by_rate.mean()
        look: Any = {"linestyle": loss.line, "marker": ".", "linewidth": 1.1, "label": tuned.mode}
        axes.plot(tuned.rates, mean, color=loss.colour, **look)
        axes.fill_between(
            tuned.rates,
            by_rate.min(),
            by_rate.max(),
            color=loss.colour,
            alpha=0.12,
            linewidth=0,
            label=f"_{tuned.mode}",
        )
        axes.plot(tuned.best, mean[tuned.best], "*", color=loss.colour, label=f"_{tuned.mode}", **_STAR)
    axes.set_xscale("log")
    rates = sorted({rate for tuned in tuning.modes for rate in tuned.rates})
    axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
    axes.minorticks_off()
    axes.set_xlabel("learning rate")
    axes.set_ylabel("validation accuracy, %")
    place = f"{NETWORKS.label(tuning.where['net'])} on {tuning.where['dataset']}"
    extent = f"mean and range over seeds, {plural(tuning.where['epochs'], 'epoch')}"
    settings = textwrap.wrap(tuning.where["settings"], 110, break_on_hyphens=False)
    figure.suptitle("\n".join([f"Learning rates of {place}: {extent}", *settings]), fontsize=9)
    keys = [curves.key(losses[tuned.mode], tuned.mode) for tuned in tuning.modes]
    best = curves.neutral_key("best", linestyle="", marker="*", **_STAR)
    figure.legend(handles=[*keys, best], loc="outside lower center", ncols=4, frameon=False)
    return figure
