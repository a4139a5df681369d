"""What sets a run apart from others that would share its row in a table."""

import hashlib
import math
from collections import Counter
from typing import Any

import pandas as pd

from isbe_bench.analysis.reading.checks import PLACE
from isbe_bench.catalogue.losses import APART

NUMERICS = "environment.numerics"
"""Runs of one number compute the same bits, whichever revision of the code ran."""

_TIMED = {"environment.torch", "environment.threads", "environment.allocator"}
"""Of an environment: what times depend on, and accuracies do not."""


def labels(runs: pd.DataFrame) -> list[str]:
    """Per run, the keys whose values differ among runs of the same net, data set and device.

    Runs that differ in them must not be averaged. Cross-entropy has no options of ISBE, and ISBE none
    of cross-entropy; a run counts as having the value that most runs of its group have. Each
    loss mode that is listed apart from the paper's is a group of its own.
    """
    timed = "device" in runs  # the device's full name is a column of runs whose times matter
    keys = sorted(str(column) for column in runs if _tells_apart(str(column), timed))
    words = {key: [_word(value) for value in runs[key]] for key in keys}
    words = {key: column for key, column in words.items() if len(set(column) - {None}) > 1}
    found: list[list[str]] = [[] for _ in range(len(runs))]
    for members in _groups(runs, "dataset", "net", "device").indices.values():
        differing = {key: [column[member] for member in members] for key, column in words.items()}
        differing = {key: each for key, each in differing.items() if len(set(each) - {None}) > 1}
        if "timing.losses" in differing:  # which tell the same, and can be read
            differing.pop("timing.modes", None)
        for key, each in differing.items():
            usual = Counter(word for word in each if word is not None).most_common(1)[0][0]
            for member, word in zip(members, each, strict=True):
                found[member].append(f"{key}={usual if word is None else word}")
    return [" ".join(each) for each in found]


def mixtures(runs: pd.DataFrame) -> list[str]:
    """A line for each net and data set whose runs are of different numerics, or in part of a checkout
    with uncommitted changes.
    """
    lines = []
    places = [name for name in ("task", "dataset", "net", "device") if name in runs]
    for values, group in _groups(runs, *places):
        place = " ".join(map(str, values[: len(places)]))
        numerics = Counter(group[NUMERICS])
        if len(numerics) > 1:
            counts = ", ".join(
                f"{number} ({count} runs)" for number, count in sorted(numerics.items(), key=str)
            )
            lines.append(
                f"{place}: runs of different numerics are shown apart: numerics {counts}; "
                "the same isbe-bench command with force=true makes runs anew"
            )
        dirty = group.get("environment.git_dirty", pd.Series()).eq(True).sum()
        if 0 < dirty < len(group):
            lines.append(f"{place}: {dirty} of {len(group)} runs came from uncommitted changes")
    return lines


def _groups(runs: pd.DataFrame, *names: str) -> Any:
    """The runs grouped by those of these columns that there are, and by modes that are listed apart."""
    mode = runs.get("mode", pd.Series("", index=runs.index))
    keys = [runs[name] for name in names if name in runs]
    return runs.groupby([*keys, mode.where(mode.isin(APART), "").rename("apart")], dropna=False)


def _tells_apart(key: str, timed: bool) -> bool:
    if key.startswith("environment."):
        return key == NUMERICS or (timed and key in _TIMED)
    if timed and key == "device.name":
        return False
    return "." in key and key not in PLACE.values()


def _word(value: Any) -> str | None:
    """Short enough to read; what is long is told apart by a hash. None where there is no value."""
    if isinstance(value, float) and math.isnan(value):
        return None
    word = "null" if value is None else str(value).replace(" ", "")
    return word if len(word) <= 60 else hashlib.sha256(word.encode()).hexdigest()[:8]
