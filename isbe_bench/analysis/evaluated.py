"""What saved weights give beside the record of the run that saved them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isbe_bench.analysis import again
from isbe_bench.runs import reading
from isbe_bench.runs.rows import DIAGNOSTICS, EPOCHS, PREDICTIONS, TRAINING_SCORES

_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {PREDICTIONS: (), EPOCHS: ("epoch",), DIAGNOSTICS: ("epoch", "quantity", "place")}
)
"""What says which row is which; of predictions, their order does."""


@dataclass(frozen=True)
class Values:
    """Values of a kind: how many there are, how many differ, and by how much at most.

    Attributes
    ----------
    file, kind
        The run's file, and the column in it, or the quantity.
    count, differ
        How many there are, and how many of them are not to the bit as recorded.
    largest
        The largest difference; NaN if a value was not recorded, or is a class and no amount.
    """

    file: str
    kind: str
    count: int
    differ: int
    largest: float


def compare(
    folder: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]], scores: NDArray[np.float32] | None
) -> list[Values]:
    """Compare with the files of a run.

    Parameters
    ----------
    folder
        Of the run.
    rows
        Rows of its files, by column.
    scores
        Of the training images, (n, K); compared where the run recorded them.

    Raises
    ------
    OSError, ValueError
        A file cannot be read, or has not the columns of its kind.
    """
    compared = [each for file, some in rows.items() for each in _of_file(folder / file, some)]
    if scores is not None and (folder / TRAINING_SCORES).exists():
        compared.append(_of_scores(folder / TRAINING_SCORES, scores))
    return compared


def recorded_alpha(folder: Path, epoch: int) -> float:
    """The test accuracy that a run recorded after an epoch, in percent; NaN if it recorded none."""
    _, rows = again.table(folder / EPOCHS)
    return next((float(row["test_accuracy"]) for row in rows if row["epoch"] == str(epoch)), math.nan)


def _of_file(path: Path, now: Sequence[Mapping[str, Any]]) -> Iterator[Values]:
    keys = _KEYS[path.name]
    _, rows = again.table(path)
    if not keys and len(rows) != len(now):
        raise ValueError(f"{path.name} has {len(rows)} rows, and there are {len(now)} now")
    before = {_key(keys, number, row): row for number, row in enumerate(rows)}
    kinds: dict[str, list[tuple[str, str]]] = {}
    for number, row in enumerate(now):
        recorded = before.get(_key(keys, number, row), {})
        for column in (each for each in row if each not in keys):
            kind = str(row["quantity"]) if "quantity" in keys else column
            kinds.setdefault(kind, []).append((recorded.get(column, "nan"), str(row[column])))
    for kind, pairs in kinds.items():
        differing = np.array([pair for pair in pairs if pair[0] != pair[1]], float).reshape(-1, 2)
        largest = math.nan if path.name == PREDICTIONS else _largest(*differing.T)
        yield Values(path.name, kind, len(pairs), len(differing), largest)


def _key(keys: Sequence[str], number: int, row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in keys) or (str(number),)


def _of_scores(path: Path, now: NDArray[np.float32]) -> Values:
    reading.check_regular(path)
    recorded = np.load(path, allow_pickle=False)
    if recorded.shape != now.shape:
        raise ValueError(f"{path.name} has the shape {recorded.shape}, and the scores now {now.shape}")
    differ = int((recorded != now).sum())
    return Values(path.name, "score", now.size, differ, _largest(recorded, now))


def _largest(recorded: NDArray[Any], now: NDArray[Any]) -> float:
    """The largest difference; 0 of no values, NaN if one of them is."""
    return float(np.abs(np.subtract(recorded, now, dtype=float)).max(initial=0.0))
