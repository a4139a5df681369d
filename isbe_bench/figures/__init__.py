"""Figures from records, as PNG and SVG."""

import hashlib
import io
import re
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

matplotlib.use("Agg")  # files only: no display is needed

from matplotlib import pyplot as plt

from isbe_bench.collection import Collection
from isbe_bench.figures import head, learning_curves
from isbe_bench.records import write_atomically

_MAKERS = (learning_curves.make, head.make)
_STYLE: Any = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "isbe-bench",  # else the names in an SVG are random
}


def write(collection: Collection, folder: Path) -> list[Path]:
    """Write every figure that the records give."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with plt.rc_context(_STYLE):
        for make in _MAKERS:
            for name, figure in make(collection):
                written += _save(figure, folder / _file_name(name))
                plt.close(figure)
    return written


def _file_name(name: str) -> str:
    """Readable, and short enough for any file system: many settings are told apart by a hash."""
    words = re.sub(r"[^\w.=-]+", "-", name).strip("-")
    if len(words) <= 110:
        return words
    return f"{words[:100]}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"


def _save(figure: Figure, stem: Path) -> list[Path]:
    """As PNG and SVG, without a date: the same records give the same files."""
    paths = []
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=suffix, dpi=200, metadata=metadata)
        paths.append(stem.with_name(f"{stem.name}.{suffix}"))
        write_atomically(paths[-1], buffer.getvalue())
    return paths
