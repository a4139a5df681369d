"""Figures: the paper's Figures 1 to 8, an interval plot for each of its tables, and others."""

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.text import Text

matplotlib.use("Agg")  # files only: no display is needed

from matplotlib import pyplot as plt

from isbe_bench.analysis import Analysis
from isbe_bench.publication.chart import Chart
from isbe_bench.publication.figures import (
    charts,
    classifiers,
    comparisons,
    descent,
    head,
    intervals,
    late,
    learning,
    others,
    samples,
    signals,
    step_sizes,
    tomasi,
    tuning,
)
from isbe_bench.runs.files import write_atomically

Maker = Callable[[Analysis], Iterator[tuple[str, Figure]]]
"""Draws figures; yields each with the stem of its file name."""

MAKERS: tuple[Maker, ...] = (
    tuning.make,
    learning.make,
    comparisons.make,
    samples.make,
    late.make,
    intervals.make,
    head.make,
    others.make,
    classifiers.make,
    signals.make,
    tomasi.make,
    descent.make,
    step_sizes.make,
)
_STYLE: Any = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "isbe-bench",  # otherwise the ids in an SVG are random
}
_REPLACED = (
    *("figure[1-8]_*", "table[1-4]_*", "tune-*", "zhu_*", "tomasi_*"),
    *("gradients-*", "signals-*", "descent-*", "tau_by_step-*"),
)
_POWER = re.compile(r"\$\\mathdefault\{[\d{}^. −-]*\}\$")
"""A number at a logarithmic axis."""
_DPI = 200  # of PNG files
# Without a date or a version: the same records give the same files.
_METADATA: Any = {"png": {"Software": None}, "svg": {"Date": None}}


@dataclass(frozen=True)
class Drawing:
    """A figure as PNG and SVG; `name` is the stem of the file names, `chart` describes its curves."""

    name: str
    png: bytes
    svg: bytes
    chart: Chart | None


def draw(analysis: Analysis, makers: Iterable[Maker] = MAKERS) -> Iterator[Drawing]:
    """Draw every figure for which there are runs."""
    for make in makers:
        with plt.rc_context(_STYLE):  # ends before a figure is yielded
            drawings = [_drawing(name, figure) for name, figure in make(analysis)]
        yield from drawings


def write(drawings: Iterable[Drawing], folder: Path) -> list[Path]:
    """Write every figure as PNG and SVG; remove old ones that are no longer drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for drawing in drawings:
        for suffix, content in (("png", drawing.png), ("svg", drawing.svg)):
            written.append(folder / f"{drawing.name}.{suffix}")
            write_atomically(written[-1], content)
    for suffix in _METADATA:
        ours = {path for names in _REPLACED for path in folder.glob(f"{names}.{suffix}")}
        for path in ours - set(written):
            path.unlink()
    return written


def _drawing(name: str, figure: Figure) -> Drawing:
    for text in figure.findobj(Text):
        if isinstance(text, Text) and not _POWER.fullmatch(text.get_text()):
            text.set_parse_math(False)  # names and settings may hold `$`
    png = _content(figure, "png")
    figure.set_layout_engine("none")  # already laid out for the PNG, which takes longest
    chart = charts.read(figure)
    svg = _content(figure, "svg")
    plt.close(figure)
    return Drawing(file_name(name), png, svg, chart)


def _content(figure: Figure, suffix: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=suffix, dpi=_DPI, metadata=_METADATA[suffix])
    return buffer.getvalue()


def file_name(name: str) -> str:
    """A readable stem, short enough for any file system: the end of a long one is a hash."""
    words = re.sub(r"[^\w.=-]+", "-", name).strip("-")
    if len(words) <= 110:
        return words
    return f"{words[:100]}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"
