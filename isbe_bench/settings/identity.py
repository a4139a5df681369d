"""What tells a run from every other: its flat settings, and the hash that its folder ends in."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

NOT_IDENTITY = ("results_dir", "force", "dataset.root", "dataset.download", "device.index")
"""Where things lie, and whether to do them again, is not what a run is."""


def digest(identity: Mapping[str, Any]) -> str:
    """What a run's folder ends in: ten hexadecimal digits that follow from its identity."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:10]


def flatten(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """`{"a": {"b": 1}}` -> `{"a.b": 1}`."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def current(flat: dict[str, Any]) -> dict[str, Any]:
    """The flat settings of a record, under the keys that settings have today."""
    return flat
