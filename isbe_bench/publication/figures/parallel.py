"""All figures, drawn by two processes: this one and a fresh one."""

import multiprocessing
import os
import signal

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import Collection
from isbe_bench.publication.figures import MAKERS, Drawing, Maker, comparisons, draw, intervals

_HERE: tuple[Maker, ...] = (comparisons.make, intervals.make)
"""About half of the work; the second process has to start first."""
_ELSEWHERE = tuple(make for make in MAKERS if make not in _HERE)

Drawings = dict[Maker, list[Drawing]]


def draw_all(analysis: Analysis) -> list[Drawing]:
    """Every figure that the runs give, in the order of `MAKERS`; by one process on a single core."""
    if (os.cpu_count() or 1) < 2:
        return list(draw(analysis))
    # Spawned, since a fork of a process with threads may hang.
    with multiprocessing.get_context("spawn").Pool(1, initializer=_ignore_interrupts) as pool:
        others = pool.apply_async(_draw_elsewhere, (analysis.collection,))
        drawings = _draw(analysis, _HERE) | others.get()
    return [drawing for make in MAKERS for drawing in drawings[make]]


def _draw_elsewhere(collection: Collection) -> Drawings:
    return _draw(Analysis(collection), _ELSEWHERE)


def _draw(analysis: Analysis, makers: tuple[Maker, ...]) -> Drawings:
    return {make: list(draw(analysis, [make])) for make in makers}


def _ignore_interrupts() -> None:
    """Ctrl-C reaches all processes of a terminal; the first one ends the other."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
