"""What a training trains with, in one name: its loss and its classifier, with their numbers.

`ce_mean` under a linear classifier, `ce_mean/scaled_bn(0.8)`, `am_softmax(0.35)/cosine(7.5)`.
"""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from isbe_bench.catalogue.classifiers import CLASSIFIERS, USUAL
from isbe_bench.catalogue.losses import LOSSES, OTHERS
from isbe_bench.literal import plain

KEYS = (
    "classifier.name",
    "classifier.scale",
    "classifier.affine",
    "classifier.centroids",
    "loss.margin",
    "loss.weight",
)
"""The settings that the name of a variant tells, of the suite's own parts."""

_NAMES = ("classifier.name", "classifier._target_", "classifier._partial_")
_UNTOLD = {"classifier.affine": False, "classifier.centroids": "simplex", "loss.weight": 1.0}
"""Values that a name leaves out."""


def name(loss: str, settings: Mapping[str, Any]) -> str:
    """The name of a variant: its loss, and settings of which those in `KEYS` count."""
    return f"{loss}{_numbers(settings, 'loss')}{_classifier(settings)}"


def names(runs: pd.DataFrame) -> "pd.Series[str]":
    """The variant of each training."""
    own = (str(key) for key in runs if str(key).startswith("classifier.") and key not in KEYS)
    columns = [*(key for key in KEYS if key in runs), *own]
    rows: Any = zip(runs["mode"], runs[columns].to_dict("records"), strict=True)
    return pd.Series([name(str(loss), settings) for loss, settings in rows], index=runs.index, dtype=str)


def is_plain(runs: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a training has a linear classifier, and a loss that is not compared with classifiers."""
    linear = runs["classifier.name"] == USUAL if "classifier.name" in runs else True
    return ~runs["mode"].isin(OTHERS) & linear


def place(variant: str) -> tuple[Any, ...]:
    """Sort key: by loss, then by classifier, then by their numbers."""
    loss, _, classifier = variant.partition("/")
    parts = [each.partition("(") for each in (loss, classifier or USUAL)]
    (loss, _, margin), (classifier, _, numbers) = parts
    return LOSSES.place(loss), CLASSIFIERS.place(classifier), _sortable(margin), _sortable(numbers)


def by_size(value: str) -> tuple[float, str]:
    """Sort key: numbers by size, words behind them."""
    is_number = value.replace(".", "", 1).isdigit()
    return (float(value), "") if is_number else (math.inf, value)


def loss_of(variant: str) -> str:
    """The loss of a variant, without its numbers."""
    return variant.partition("/")[0].partition("(")[0]


def classifier_of(variant: str) -> str:
    """The classifier of a variant, without its numbers."""
    return (variant.partition("/")[2] or USUAL).partition("(")[0]


def _classifier(settings: Mapping[str, Any]) -> str:
    classifier = settings.get("classifier.name", USUAL)
    if classifier == USUAL:
        return ""
    if classifier not in CLASSIFIERS:
        return f"/{classifier}{_parameters(settings)}"
    return f"/{classifier}{_numbers(settings, 'classifier')}"


def _parameters(settings: Mapping[str, Any]) -> str:
    """The parameters of a user's own classifier: `(hidden=3)`."""
    words = [
        f"{key.removeprefix('classifier.')}={plain(str(value).replace(' ', ''))}"
        for key, value in settings.items()
        if key.startswith("classifier.") and key not in _NAMES and not _is_missing(value)
    ]
    return f"({','.join(words)})" if words else ""


def _numbers(settings: Mapping[str, Any], group: str) -> str:
    words = [
        _word(key, settings[key])
        for key in KEYS
        if key.startswith(f"{group}.")
        and not key.endswith(".name")
        and not _is_missing(settings.get(key))
        and settings[key] != _UNTOLD.get(key, math.nan)
    ]
    return f"({','.join(words)})" if words else ""


def _word(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return key.rpartition(".")[2]
    return value if isinstance(value, str) else f"{value:g}"


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _sortable(numbers: str) -> tuple[tuple[float, str], ...]:
    return tuple(map(by_size, numbers.rstrip(")").split(","))) if numbers else ()
