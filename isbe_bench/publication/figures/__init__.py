"""Figures: the paper's 1 to 8, an interval plot for each of its tables, and the loss head."""

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

matplotlib.use("Agg")  # files only: no display is needed

from matplotlib import pyplot as plt

from isbe_bench.analysis import Analysis
from isbe_bench.publication.figures import (
    comparisons,
    head,
    intervals,
    late,
    learning,
    others,
    samples,
)
from isbe_bench.runs.files import write_atomically

Maker = Callable[[Analysis], Iterator[tuple[str, Figure]]]
"""Draws figures, each with the stem of its file's name."""

MAKERS: tuple[Maker, ...] = (
    learning.make,
    comparisons.make,
    samples.make,
    late.make,
    intervals.make,
    head.make,
    others.make,
)
_STYLE: Any = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "isbe-bench",  # else the names in an SVG are random
}
_DPI = 200  # of PNG files
# Without a date or a version: the same records give the same files.
_METADATA: Any = {"png": {"Software": None}, "svg": {"Date": None}}


@dataclass(frozen=True)
class Drawing:
    """A figure as files: the stem of their names, and what is in them."""

    name: str
    png: bytes
    svg: bytes


def draw(analysis: Analysis, makers: Iterable[Maker] = MAKERS) -> Iterator[Drawing]:
    """Every figure that the runs give."""
    for make in makers:
        with plt.rc_context(_STYLE):  # left before a figure is handed out
            drawings = [_drawing(name, figure) for name, figure in make(analysis)]
        yield from drawings


def write(drawings: Iterable[Drawing], folder: Path) -> list[Path]:
    """Write every figure as PNG and SVG; remove those of the paper that the runs no longer give."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for drawing in drawings:
        for suffix, content in (("png", drawing.png), ("svg", drawing.svg)):
            written.append(folder / f"{drawing.name}.{suffix}")
            write_atomically(written[-1], content)
    for suffix in _METADATA:
        ours = {*folder.glob(f"figure[1-8]_*.{suffix}"), *folder.glob(f"table[1-4]_*.{suffix}")}
        for path in ours - set(written):
            path.unlink()
    return written


def _drawing(name: str, figure: Figure) -> Drawing:
    png = _content(figure, "png")
    figure.set_layout_engine("none")  # it has done its work, which takes longest
    svg = _content(figure, "svg")
    plt.close(figure)
    return Drawing(_file_name(name), png, svg)


def _content(figure: Figure, suffix: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=suffix, dpi=_DPI, metadata=_METADATA[suffix])
    return buffer.getvalue()


def _file_name(name: str) -> str:
    """Readable, and short enough for any file system: many settings are told apart by a hash."""
    words = re.sub(r"[^\w.=-]+", "-", name).strip("-")
    if len(words) <= 110:
        return words
    return f"{words[:100]}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"
