"""Experiment trackers: a module for each `tracker`, which is told what a run's folder gets.

A run never depends on them: their libraries are imported when they are asked for, and `guard.py` sees to
it that one that fails harms nothing. `following.py` tells a tracker about a run.
"""

import importlib
from pathlib import Path

from isbe_bench import extras
from isbe_bench.runs import places
from isbe_bench.settings.tracker import TrackerName
from isbe_bench.tracking.tracker import Tracker

STORES = "trackers"
"""The folder of the trackers' stores, in the results folder."""


def find(name: TrackerName) -> Tracker:
    """The tracker of this name, `none` apart; ImportError if its library is not installed."""
    tracker: Tracker = importlib.import_module(_module(name))
    return tracker


def check(name: TrackerName, results: Path, slug: str = "") -> None:
    """Check that a tracker can be told about the runs in `results`, or about the run `slug` of them.

    Raises
    ------
    InputError
        Its library is not installed, or its store is a link, through which nothing is written.
    """
    if name == "none":
        return
    store = f"{STORES}/{name}"
    places.check(results, STORES, store, *([f"{store}/{slug}"] if slug else []))
    extras.imported(_module(name), f"tracker={name}")


def _module(name: TrackerName) -> str:
    return f"{__name__}.{name}"
