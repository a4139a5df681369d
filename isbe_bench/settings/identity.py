"""What identifies a run: the flat `{dotted key: value}` of its settings, and a hash of it.

Two frozen tables keep results valid while settings grow: `NEUTRAL` for keys that were added since
version 0.1, `RENAMED` for keys that have another name since. Records of any age pass through them.
"""

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

NOT_IDENTITY = ("results_dir", "force", "dataset.root", "dataset.download", "device.index")
"""Where things lie, and whether to do them again. Every other resolved value identifies a run."""

NEUTRAL: Mapping[str, Any] = MappingProxyType({})
"""Keys younger than version 0.1, with the value under which a run does what it did without them.

While a key stands at this value it is left out of the identity, and a record that lacks it has it. A key
below a list of groups is written without positions: `timing.modes.KEY` is the key in each of them. An
entry is never changed: that would rename the runs that stand at its value.
"""

RENAMED: Mapping[str, str] = MappingProxyType({})
"""Keys of 0.1 that have another name since, `{old: new}`; below a list, only the last part may."""

_GROUPS = frozenset(
    ("arch", "dataset", "loss", "optimizer", "device", "train", "timing", "head", "theory")
)
"""The groups of settings that version 0.1 had; frozen."""

_Place = tuple[MutableMapping[str, Any], str]


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
    """A record's flat settings in today's keys, with the neutral values of those that it lacks."""
    settings = copy.deepcopy(dict(flat))
    for old, new in RENAMED.items():
        _rename(settings, old, new)
    for key, value in NEUTRAL.items():
        for group, name in _places(settings, key):
            group.setdefault(name, value)
    return settings


def identity(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The flat `{dotted key: value}` that tells a run from every other, in the keys of version 0.1.

    `flat` are a run's flat settings, of today or as a record of any age has them.
    """
    settings = current(flat)
    for key in NOT_IDENTITY:
        settings.pop(key, None)
    for key, value in NEUTRAL.items():
        for group, name in _places(settings, key):
            if name in group and _same(group[name], value):
                del group[name]
    for old, new in RENAMED.items():
        _rename(settings, new, old)
    return settings


def digest(flat: Mapping[str, Any]) -> str:
    """What a run's folder ends in: ten hexadecimal digits that follow from its identity."""
    return hashlib.sha256(json.dumps(identity(flat), sort_keys=True).encode()).hexdigest()[:10]


def _rename(settings: MutableMapping[str, Any], key: str, other: str) -> None:
    for group, name in _places(settings, key):
        if name in group:
            group[other.removeprefix(key.removesuffix(name))] = group.pop(name)


def _places(settings: MutableMapping[str, Any], key: str) -> Iterator[_Place]:
    """Where a key belongs in flat settings: in them, in each group of a list, or nowhere.

    A key of a group that version 0.1 had belongs to the runs that have the group; any other to all runs.
    """
    parent, _, name = key.rpartition(".")
    groups = settings.get(parent)
    if isinstance(groups, (list, tuple)):
        yield from ((group, name) for group in groups if isinstance(group, MutableMapping))
        return
    is_younger = key.partition(".")[0] not in _GROUPS  # which keys outside of groups are, too
    if is_younger or any(each.startswith(f"{parent}.") for each in settings):
        yield settings, key


def _same(value: Any, other: Any) -> bool:
    return json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)
