"""Figures from records: the paper's Figures 1 to 8, an interval plot a table, and the loss head."""

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

matplotlib.use("Agg")  # files only: no display is needed

from matplotlib import pyplot as plt

from isbe_bench.analysis.collection import Collection
from isbe_bench.publication.figures import comparisons, head, intervals, learning, samples, vgg16
from isbe_bench.runs.files import write_atomically

_MAKERS = (
    learning.make,
    comparisons.make,
    samples.make,
    vgg16.make,
    intervals.make,
    head.make,
)
_STYLE: Any = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "isbe-bench",  # else the names in an SVG are random
}
# Without a date or a version: the same records give the same files.
_METADATA: Any = {"png": {"Software": None}, "svg": {"Date": None}}


def write(collection: Collection, folder: Path) -> list[Path]:
    """Write every figure as PNG and SVG; remove those of the paper that the records give no more."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, files in render(collection, tuple(_METADATA)):
        for suffix, content in files.items():
            written.append(folder / f"{name}.{suffix}")
            write_atomically(written[-1], content)
    for suffix in _METADATA:
        ours = {*folder.glob(f"figure[1-8]_*.{suffix}"), *folder.glob(f"table[1-4]_*.{suffix}")}
        for path in ours - set(written):
            path.unlink()
    return written


def render(collection: Collection, suffixes: Sequence[str]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Every figure that the records give: the stem of its files, and what is in them, by suffix.

    Suffixes are `png` and `svg`.
    """
    for make in _MAKERS:
        with plt.rc_context(_STYLE):  # left before a figure is handed out
            rendered = [
                (_file_name(name), _files(figure, suffixes)) for name, figure in make(collection)
            ]
        yield from rendered


def _files(figure: Figure, suffixes: Sequence[str]) -> dict[str, bytes]:
    """What is in a figure's files, by suffix; the figure is closed."""
    files = {}
    for suffix in suffixes:
        buffer = io.BytesIO()
        figure.savefig(buffer, format=suffix, dpi=200, metadata=_METADATA[suffix])
        files[suffix] = buffer.getvalue()
    plt.close(figure)
    return files


def _file_name(name: str) -> str:
    """Readable, and short enough for any file system: many settings are told apart by a hash."""
    words = re.sub(r"[^\w.=-]+", "-", name).strip("-")
    if len(words) <= 110:
        return words
    return f"{words[:100]}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"
