"""The identity of a run: its settings as a flat `{dotted key: value}`, and their hash.

Two frozen tables keep old results valid when settings change: `NEUTRAL` lists keys added since version
0.1, and `RENAMED` lists keys renamed since then. Both apply to records of any age.
"""

import copy
import functools
import hashlib
import json
from collections.abc import Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

NOT_IDENTITY = (
    "results_dir",
    "force",
    "plan",
    "launch",
    "tracker",
    "dataset.root",
    "dataset.download",
    "dataset.train",
    "dataset.test",
    "device.index",
    "targets.scores",
    "train.signals",
    "train.save_weights",
)
"""Settings and groups that are not part of the identity: locations, whether and where to run, and what
is recorded besides the results, or told to others.

Of data other than a public original, the fingerprint is part of it.
"""

DERIVED = ("dataset.fingerprint", "targets.fingerprint", "timing.modes", "timing.layers", "code")
"""Settings and groups that follow from others, from data and from code, and that no command sets."""

NEUTRAL: Mapping[str, Any] = MappingProxyType(
    {
        "schedule.name": "exponential",
        "schedule.interval": "epoch",
        "classifier.name": "linear",
        "dataset.augmentation.crop": 0,
        "dataset.imbalance": 1.0,
        "device.precision": "float32",
        "device.compile": False,
        "targets.name": "labels",
        "train.record_scores": False,
        "train.stop.patience": None,
        "train.stop.loss_change": None,
        "train.stop.weight_change": None,
        "train.stop.continue": False,
        "train.engine": "eager",
        "train.evaluate.every": 1,
        "train.evaluate.splits": ["train", "validation", "test"],
        "train.evaluate.views": "image",
        "head.features": None,
        "head.scores": "float32",
        "timing.classifiers": ["linear"],
        "timing.layers": [{"name": "linear"}],
        "timing.sequence": "interleaved",
    }
)
"""Keys added since version 0.1, each with the value that leaves a run unchanged.

A key with this value is left out of the identity, and a record without the key is read as having it. A
key in a list of groups is written without an index: `timing.modes.KEY` is the key in each of them. Never
change an entry: that would rename the runs that have its value.
"""

RENAMED: Mapping[str, str] = MappingProxyType({"optimizer.final_lr_ratio": "schedule.final_lr_ratio"})
"""Keys of version 0.1 that were renamed, `{old: new}`; in a list, only the last part may change."""

_GROUPS = frozenset(
    ("arch", "dataset", "loss", "optimizer", "device", "train", "timing", "head", "theory")
)
"""The groups of settings that version 0.1 had; frozen."""

_BESIDE = MappingProxyType({"classifier": "loss", "targets": "train"})
"""Younger groups that only runs with another group have."""

_Place = tuple[MutableMapping[str, Any], str]


@functools.cache  # asked for each key of each run
def identifies(key: str) -> bool:
    """Whether a dotted key is part of the identity."""
    return not any(f"{key}.".startswith(f"{each}.") for each in NOT_IDENTITY)


def is_recorded(key: str) -> bool:
    """Whether records keep a setting: what identifies a run, its signals, and own data's parameters."""
    return identifies(key) or key.startswith(("dataset.train.", "dataset.test.", "train.signals"))


def flatten(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """`{"a": {"b": 1}}` -> `{"a.b": 1}`; lists are values."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def current(flat: Mapping[str, Any]) -> dict[str, Any]:
    """A record's flat settings under their current keys; missing keys get their neutral values."""
    settings = copy.deepcopy(dict(flat))
    for old, new in RENAMED.items():
        _rename(settings, old, new)
    for key, value in NEUTRAL.items():
        for group, name in _places(settings, key):
            group.setdefault(name, value)
    return settings


def identity(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The flat `{dotted key: value}` that identifies a run, under the keys of version 0.1.

    `flat` are the run's flat settings, current or from a record of any age.
    """
    settings = current(flat)
    settings = {key: value for key, value in settings.items() if identifies(key)}
    for key, value in NEUTRAL.items():
        for group, name in _places(settings, key):
            if name in group and _same(group[name], value):
                del group[name]
    for old, new in RENAMED.items():
        _rename(settings, new, old)
    return settings


def digest(flat: Mapping[str, Any]) -> str:
    """Hash of a run's identity, at the end of its folder name: ten hexadecimal digits."""
    return hashlib.sha256(json.dumps(identity(flat), sort_keys=True).encode()).hexdigest()[:10]


def _rename(settings: MutableMapping[str, Any], key: str, other: str) -> None:
    for group, name in _places(settings, key):
        if name in group:
            group[other.removeprefix(key.removesuffix(name))] = group.pop(name)


def _places(settings: MutableMapping[str, Any], key: str) -> Iterator[_Place]:
    """The dictionaries in which a key belongs: the flat settings, each group of a list, or none.

    A key of a group that version 0.1 had, or that its keys were moved to, belongs to runs with that
    group; of a group in `_BESIDE`, to runs with the other group; any other key to all runs.
    """
    parent, _, name = key.rpartition(".")
    groups = settings.get(parent)
    if isinstance(groups, (list, tuple)):
        yield from ((group, name) for group in groups if isinstance(group, MutableMapping))
        return
    old = _GROUPS | {new.partition(".")[0] for new in RENAMED.values()}
    top = key.partition(".")[0] if parent else parent
    group = _BESIDE.get(top, top)
    is_younger = group not in old  # also true of keys without a group
    if is_younger or any(each.startswith(f"{group}.") for each in settings):
        yield settings, key


def _same(value: Any, other: Any) -> bool:
    return json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)
