"""Draws all figures in two processes: this one and a new one."""

import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import Collection
from isbe_bench.publication.figures import MAKERS, Drawing, Maker, comparisons, draw

_HERE: tuple[Maker, ...] = (comparisons.make,)
"""Less than half of the work, since this process makes the tables first."""
_ELSEWHERE = tuple(make for make in MAKERS if make not in _HERE)

Drawings = dict[Maker, list[Drawing]]


@contextmanager
def drawing(analysis: Analysis) -> Iterator[Callable[[], list[Drawing]]]:
    """Start the second process; gives a function that draws the rest here and returns all figures.

    Figures are in the order of `MAKERS`. On a single core all of them are drawn here.
    """
    if (os.cpu_count() or 1) < 2:
        yield lambda: list(draw(analysis))
        return
    # Spawned, since a fork of a process with threads may hang.
    with multiprocessing.get_context("spawn").Pool(1, initializer=_ignore_interrupts) as pool:
        # Pickled here: the pool's thread would do it while this one adds to what the collection caches.
        others = pool.apply_async(_draw_elsewhere, (pickle.dumps(analysis.collection),))

        def finish() -> list[Drawing]:
            drawings = _draw(analysis, _HERE) | others.get()
            return [each for make in MAKERS for each in drawings[make]]

        yield finish


def _draw_elsewhere(pickled: bytes) -> Drawings:
    collection: Collection = pickle.loads(pickled)
    return _draw(Analysis(collection), _ELSEWHERE)


def _draw(analysis: Analysis, makers: tuple[Maker, ...]) -> Drawings:
    return {make: list(draw(analysis, [make])) for make in makers}


def _ignore_interrupts() -> None:
    """Ignore Ctrl-C, which reaches all processes of a terminal; the first process ends this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
