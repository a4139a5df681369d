"""How the runs of two results folders differ in where and how they were made."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.reading.settings import is_circumstance

_NO_ORIGIN = {"environment.foreign_cpu_share", "head.sizes", "head.ways"}
"""A reading of each run; lists of what is compared one by one, or is in one folder alone."""


@dataclass(frozen=True)
class OriginDifference:
    """A part of the environment, or a setting of the machine, with its values in A and in B."""

    task: str
    key: str
    a: str
    b: str


def frames(collection: Collection) -> dict[str, pd.DataFrame]:
    """The rows of runs by task, of those tasks that have runs."""
    every = {"train": collection.runs} | {
        task: each.runs for task, each in collection.measurements.items()
    }
    return {task: runs for task, runs in every.items() if not runs.empty}


def origin_differences(a: Collection, b: Collection) -> Iterator[OriginDifference]:
    """What differs, for each task that both folders have."""
    runs_a, runs_b = frames(a), frames(b)
    for task in (task for task in runs_a if task in runs_b):
        one, other = runs_a[task], runs_b[task]
        for key in dict.fromkeys([*map(str, one), *map(str, other)]):
            if is_circumstance(key) and key not in _NO_ORIGIN:
                values = _values(one, key), _values(other, key)
                if values[0] != values[1]:
                    yield OriginDifference(task, key.removeprefix("environment."), *values)


def _values(runs: pd.DataFrame, key: str) -> str:
    """All values of a key, each once."""
    known = list(runs[key].dropna()) if key in runs else []
    return ", ".join(sorted({str(value) for value in known})) or "-"
