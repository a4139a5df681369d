"""Training loss and test error over gradients, a line for each batch size: `experiment=descent`."""

import textwrap
from collections.abc import Iterator

from matplotlib.figure import Figure

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.descent import Descent
from isbe_bench.catalogue.entry import Catalogue
from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.publication.figures import curves
from isbe_bench.settings.words import plural

_HEIGHT = 3.2  # inches
_COLUMNS = {"train_loss": "training loss", "test_accuracy": "alpha, %"}


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """One figure for each network, data set and loss, with the stem of its file name."""
    for descent in analysis.descents:
        words = (str(descent.where[key]) for key in ("dataset", "net", "settings"))
        yield f"descent-{'-'.join(filter(None, (*words, descent.mode)))}", _figure(descent)


def _figure(descent: Descent) -> Figure:
    figure, axes = curves.page(1, len(_COLUMNS), _HEIGHT)
    names = {size: f"B = {size}, lr {descent.rate(size):g}" for size in descent.sizes}
    entries = Catalogue().entries(names.values())
    for panel, (column, title) in zip(axes.flat, _COLUMNS.items(), strict=True):
        for size, name in names.items():
            curves.draw(panel, descent.curve(size, column), entries[name])
        panel.set_title(title, fontsize=8)
        panel.set_xlabel("gradients of each training image")
        curves.epoch_axis(panel, 1, descent.where["epochs"])
    curves.loss_axis([axes.flat[0]])
    keys = [curves.key(entries[name], name) for name in names.values()]
    figure.legend(handles=keys, loc="outside lower center", ncols=3, frameon=False)
    place = f"{NETWORKS.label(descent.where['net'])} on {descent.where['dataset']}, {descent.mode}"
    seeds = plural(len(set(descent.runs["seed"])), "seed")
    settings = textwrap.wrap(descent.where["settings"], 110, break_on_hyphens=False)
    title = f"Batch, mini-batch and online descent: {place}, mean and range over {seeds}"
    figure.suptitle("\n".join([title, *settings]), fontsize=9)
    return figure
