"""Figure 5: an image of each class of MNIST and CIFAR-10."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure, SubFigure
from PIL import Image

from isbe_bench.analysis import Analysis
from isbe_bench.catalogue.datasets import SAMPLED
from isbe_bench.publication.figures.curves import GREY, WIDTH

_ROWS, _COLUMNS = 2, 5
_HEIGHT = 1.85  # inches


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """Figure 5, if there are sample images, with the stem of its file name."""
    samples = analysis.collection.samples
    if samples["dataset"].isin(SAMPLED).any():
        yield "figure5_samples", _figure(samples)


def _figure(samples: pd.DataFrame) -> Figure:
    """One block for each data set, side by side."""
    figure = plt.figure(figsize=(WIDTH, _HEIGHT), layout="constrained")
    blocks: Any = figure.subfigures(1, 2, wspace=0.06)
    for block, (name, data) in zip(blocks, SAMPLED.items(), strict=True):
        block.suptitle(data.title, fontsize=9)
        images = samples[samples["dataset"] == name].sort_values("label")
        if images.empty:
            block.text(0.5, 0.5, f"no images of {data.title}", ha="center", color=GREY, fontsize=7)
        else:
            _draw(block, images)
    return figure


def _draw(block: SubFigure, images: pd.DataFrame) -> None:
    axes = block.subplots(_ROWS, _COLUMNS)
    for panel in axes.flat:
        panel.set_axis_off()
    for panel, (_, image) in zip(axes.flat, images.iterrows(), strict=False):
        panel.imshow(_pixels(str(image["png"])), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        panel.set_title(str(image["name"]), fontsize=7, pad=2)


def _pixels(png: str) -> Any:
    """Pixels, 0 to 255: (height, width) of grey images, (height, width, 3) of colour images."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))))
