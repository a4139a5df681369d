"""Settings that distinguish runs which would otherwise share a row in a table."""

import hashlib
import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from isbe_bench.analysis import variants
from isbe_bench.analysis.reading.checks import PLACE
from isbe_bench.catalogue.losses import APART
from isbe_bench.literal import plain
from isbe_bench.settings import identity

NUMERICS = "environment.numerics"
"""Runs with the same number compute the same bits, whatever the revision of the code."""

_TIMED = {"environment.torch", "environment.threads", "environment.allocator"}
"""Parts of the environment that affect times but not accuracies."""

_LOSS_TARGETS = ("loss._target_", "loss.activation._target_")

_PLACES = set(PLACE.values())
"""What tables show in columns of its own."""

_USUAL = {
    "arch.width": ("64", "96"),
    "dataset.imbalance": ("1.0",),
    "device.precision": ("float32",),
    "head.features": ("null",),
    "head.scores": ("float32",),
    "train.stop.patience": ("null",),
    "train.stop.loss_change": ("null",),
    "train.stop.weight_change": ("null",),
}
"""Settings that labels tell wherever they are not as usual: a slim net is another one than its name."""

_SUBJECTS = ("head.features", "head.scores")
"""Settings that say what is measured, as a net does: runs that differ in them have no more in common."""

_EFFORT = {
    *("timing.processes", "timing.rounds", "timing.warmup"),
    *("head.processes", "head.warmup", "head.sizes", "head.ways"),
}
"""How much a measurement took in; each size and way is compared for itself."""


def labels(runs: pd.DataFrame) -> list[str]:
    """For each run, the settings that differ among runs of the same net, data set and device.

    Runs that differ in them must not be averaged. A run that lacks a key, such as an option of ISBE
    under cross-entropy, counts as having the value that most runs of its group have. Each loss mode
    listed apart from the paper's eight is a group of its own. Parameters of the user's own losses are
    compared between runs of one loss alone: those of two losses have nothing in common. A value that
    leaves a run as it was before its key existed is not told; what is in `_USUAL` is told wherever it
    is not as usual.
    """
    labels = _labels(runs, _keys(runs), ("dataset", "net", "device", *_SUBJECTS))
    for key, usual in _USUAL.items():
        if key in runs:
            words = map(_word, runs[key])
            labels = [_with(each, key, word, usual) for each, word in zip(labels, words, strict=True)]
    return labels


def without(key: str, settings: str) -> str:
    """The settings of a label, such as `train.epochs=6 optimizer.lr=0.1`, without one of them."""
    return " ".join(word for word in settings.split() if not word.startswith(f"{key}="))


def is_usual(label: str) -> bool:
    """Whether a label tells none of the settings that labels tell wherever they are not as usual."""
    return not any(word.partition("=")[0] in _USUAL for word in label.split())


def _with(label: str, key: str, word: str | None, usual: tuple[str, ...]) -> str:
    """A label with a setting that is not as usual, unless it is there already."""
    if word is None or word in usual or f"{key}=" in label:
        return label
    return f"{key}={word} {label}".rstrip()


def common_labels(one: pd.DataFrame, other: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Labels of the runs of one task in two results folders; comparable runs have the same label.

    As `labels`, but a key for which `is_circumstance` is true counts only if it differs within one of
    the folders, among runs whose other settings are the same. So runs with two torches are comparable,
    but not both with the same run.
    """
    runs = pd.concat([one, other], ignore_index=True)
    folders = np.repeat([0, 1], [len(one), len(other)])
    keys = _keys(runs)
    what = [key for key in keys if not is_circumstance(key)]
    how = [key for key in keys if is_circumstance(key)]
    if "device" in runs:  # two folders may have two devices, so that groups are not by device
        how.append("environment.device")
    settings = _labels(runs, what, ("dataset", "net"))
    places = ("dataset", "net", "settings")
    circumstances = _labels(runs.assign(settings=settings), how, places, folders)
    texts = [" ".join(filter(None, pair)) for pair in zip(settings, circumstances, strict=True)]
    return texts[: len(one)], texts[len(one) :]


def is_circumstance(key: str) -> bool:
    """Whether a key says where or how much a run measured, rather than what."""
    return key.startswith(("environment.", "device.")) or key in _EFFORT


def _keys(runs: pd.DataFrame) -> list[str]:
    """The keys that may tell runs apart."""
    timed = "device" in runs  # the device's full name is a column of runs whose times matter
    return sorted(str(column) for column in runs if _tells_apart(str(column), timed))


def _labels(
    runs: pd.DataFrame,
    keys: list[str],
    places: tuple[str, ...],
    folders: NDArray[np.int_] | None = None,
) -> list[str]:
    """As `labels`, for groups by `places`.

    With the number of each run's folder, keys count that differ among the runs of one folder.
    """
    words = {key: [_word(value) for value in runs[key]] for key in keys}
    own = _own_losses(runs)
    neutral = {key: _word(value) for key, value in identity.NEUTRAL.items()}
    for key in words.keys() & set(variants.KEYS):  # the name of a variant tells them
        words[key] = [word if each else None for word, each in zip(words[key], own, strict=True)]
    words = {key: column for key, column in words.items() if len(set(column) - {None}) > 1}
    texts: list[list[str]] = [[] for _ in range(len(runs))]
    parts = np.zeros(len(runs), dtype=int) if folders is None else folders
    for members in _groups(runs, *places).indices.values():
        losses = [own[member] for member in members]
        differing = {
            key: _within_loss(key, [column[member] for member in members], losses)
            for key, column in words.items()
        }
        differing = {
            key: each for key, each in differing.items() if _differ(each, parts[members].tolist())
        }
        if "timing.losses" in differing:  # the same information, and readable
            differing.pop("timing.modes", None)
        if "timing.classifiers" in differing:
            differing.pop("timing.layers", None)
        for key, each in differing.items():
            usual = Counter(word for word in each if word is not None).most_common(1)[0][0]
            for member, word in zip(members, each, strict=True):
                told = usual if word is None else word
                if told != neutral.get(key):
                    texts[member].append(f"{key}={told}")
    return [" ".join(each) for each in texts]


def mixtures(runs: pd.DataFrame) -> list[str]:
    """A line for each net and data set whose runs have different numerics, or of which some, but not
    all, come from a checkout with uncommitted changes.
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
                "repeat the isbe-bench command with force=true to replace runs"
            )
        dirty = group.get("environment.git_dirty", pd.Series()).eq(True).sum()
        if 0 < dirty < len(group):
            lines.append(f"{place}: {dirty} of {len(group)} runs came from uncommitted changes")
    return lines


def _own_losses(runs: pd.DataFrame) -> list[str | None]:
    """The mode of each run with a loss or an activation of the user's own; None for the others."""
    targets = [runs[key].notna() for key in _LOSS_TARGETS if key in runs]
    if not targets:
        return [None] * len(runs)
    own = np.logical_or.reduce(targets)
    return [str(mode) if is_own else None for mode, is_own in zip(runs["mode"], own, strict=True)]


def _within_loss(key: str, words: list[str | None], losses: list[str | None]) -> list[str | None]:
    """The words of a key, without those in which the runs of one of the user's losses agree."""
    if not key.startswith("loss."):
        return words
    by_loss: dict[str | None, set[str | None]] = defaultdict(set)
    for word, loss in zip(words, losses, strict=True):
        by_loss[loss].add(word)
    return [
        None if loss is not None and len(by_loss[loss]) == 1 else word
        for word, loss in zip(words, losses, strict=True)
    ]


def _differ(words: list[str | None], parts: list[int]) -> bool:
    """Whether known words of one part differ; `parts` has the part of each word."""
    known = {(part, word) for part, word in zip(parts, words, strict=True) if word is not None}
    return len(known) > len({part for part, _ in known})


def _groups(runs: pd.DataFrame, *names: str) -> Any:
    """The runs grouped by these columns, as far as present, and by each mode that is listed apart."""
    mode = runs.get("mode", pd.Series("", index=runs.index))
    keys = [runs[name] for name in names if name in runs]
    return runs.groupby([*keys, mode.where(mode.isin(APART), "").rename("apart")], dropna=False)


def _tells_apart(key: str, timed: bool) -> bool:
    if key.startswith("environment."):
        return key == NUMERICS or (timed and key in _TIMED)
    if timed and key == "device.name":
        return False
    told = key in _PLACES or key.startswith("classifier.")  # in the name of a variant
    return "." in key and not told and identity.identifies(key)


def _word(value: Any) -> str | None:
    """A value as short text, replaced by a hash if it is long; None for a missing value."""
    if isinstance(value, float) and math.isnan(value):
        return None
    word = "null" if value is None else plain(str(value).replace(" ", ""))
    return word if len(word) <= 60 else hashlib.sha256(word.encode()).hexdigest()[:8]
