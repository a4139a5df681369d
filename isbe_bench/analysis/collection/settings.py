"""What sets a run apart from others that would share its row in a table."""

import hashlib
from collections import Counter, defaultdict
from typing import Any

import pandas as pd

from isbe_bench.analysis.collection.rows import CODE, SECTIONS
from isbe_bench.catalogue.losses import APART

_TIMED = {"environment.torch", "environment.threads", "environment.allocator"}
"""Of an environment: what times depend on, and accuracies do not."""

_PLACE = {"dataset.name", "arch.name", "loss.name"}
"""What gives a run its row or column, and so is no setting."""


def of(rows: list[dict[str, Any]]) -> list[str]:
    """Per run, the keys whose values differ among runs of the same net, data set and device.

    Runs that differ in them must not be averaged. Cross-entropy has no options of ISBE, and ISBE none
    of cross-entropy; a run counts as having the value that most runs of its group have. Each
    loss mode that is listed apart from the paper's is a group of its own.
    """
    values: dict[tuple[Any, ...], dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in rows:
        for key in filter(lambda key: _tells_apart(key, row["task"]), row):
            values[_group(row)][key][_word(row[key])] += 1
    found = []
    for row in rows:
        words = {
            key: _word(row[key]) if key in row else counts.most_common(1)[0][0]
            for key, counts in values[_group(row)].items()
            if len(counts) > 1
        }
        if "timing.losses" in words:  # which tell the same, and can be read
            words.pop("timing.modes", None)
        found.append(" ".join(f"{key}={words[key]}" for key in sorted(words)))
    return found


def _group(row: dict[str, Any]) -> tuple[Any, ...]:
    apart = row["mode"] if row.get("mode") in APART else ""
    return row.get("dataset"), row.get("net"), row.get("device"), apart


def mixtures(runs: pd.DataFrame) -> list[str]:
    """A line for each net and data set whose runs are of several states of the code."""
    if runs.empty:
        return []
    lines = []
    place = [name for name in ("task", "dataset", "net", "device") if name in runs]
    apart = runs["mode"].where(runs["mode"].isin(APART), "") if "mode" in runs else runs["task"]
    for values, group in runs.groupby([*place, apart.rename("apart")], dropna=False):
        states = Counter(_state(row) for row in group.to_dict("records"))
        if len(states) > 1:
            counts = ", ".join(f"{state} ({count} runs)" for state, count in sorted(states.items()))
            lines.append(
                f"{' '.join(map(str, values[: len(place)]))}: runs of several states of the code are "
                f"shown apart: {counts}; the same isbe-bench command with force=true makes runs anew"
            )
    return lines


def _state(row: dict[Any, Any]) -> str:
    """Of the code that ran: version and revision."""
    version, revision, dirty = (row.get(key) for key in CODE)
    words = [str(version), *([str(revision)[:7]] if isinstance(revision, str) else [])]
    return " ".join([*words, *(["with uncommitted changes"] if dirty is True else [])])


def _tells_apart(key: str, task: str) -> bool:
    if key in CODE:
        return True
    if task != "train" and (key in _TIMED or key == "device.name"):
        return key in _TIMED  # the device's full name is a column of timed runs
    return key.split(".")[0] in SECTIONS and "." in key and key not in _PLACE


def _word(value: Any) -> str:
    """Short enough to read; what is long is told apart by a hash."""
    word = "null" if value is None else str(value).replace(" ", "")
    if len(word) == 40 and set(word) <= set("0123456789abcdef"):  # a revision
        return word[:7]
    return word if len(word) <= 60 else hashlib.sha256(word.encode()).hexdigest()[:8]
