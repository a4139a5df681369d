"""What sets a run apart from others that would share its row in a table."""

import hashlib
from collections import Counter, defaultdict
from typing import Any

_SECTIONS = ("arch", "dataset", "loss", "optimizer", "device", "train", "timing", "head")
"""Of a configuration: what belongs to a run, not to where it is kept."""

_TIMED = {"environment.torch", "environment.threads", "environment.allocator"}
"""Of an environment: what times depend on, and accuracies do not."""

_PLACE = {"dataset.name", "arch.name", "loss.name"}
"""What gives a run its row or column, and so is no setting."""


def of(rows: list[dict[str, Any]]) -> list[str]:
    """Per run, the keys whose values differ among runs of the same net, data set and device.

    Runs that differ in them must not be averaged. Cross-entropy has no options of ISBE, and ISBE none
    of cross-entropy; a run counts as having the value that most runs of its group have.
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
    return row.get("dataset"), row.get("net"), row.get("device")


def _tells_apart(key: str, task: str) -> bool:
    if task != "train" and (key in _TIMED or key == "device.name"):
        return key in _TIMED  # the device's full name is a column of timed runs
    return key.split(".")[0] in _SECTIONS and "." in key and key not in _PLACE


def _word(value: Any) -> str:
    """Short enough to read; what is long is told apart by a hash."""
    word = "null" if value is None else str(value).replace(" ", "")
    return word if len(word) <= 60 else hashlib.sha256(word.encode()).hexdigest()[:8]
