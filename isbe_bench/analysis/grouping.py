"""Trainings grouped: those of a group differ in nothing but their seed and one key."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from isbe_bench.analysis import variants
from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.reading.settings import is_usual, without
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue import datasets
from isbe_bench.catalogue.losses import APART

VARIANT = "variant"
"""What `groups` varies to compare losses and classifiers together."""

KEYS = ("dataset", "net", "mode", "settings")
"""Columns that distinguish trainings; those of one group differ in one of them, or in one setting."""


def groups(collection: Collection, vary: str = "mode") -> Iterator[Trainings]:
    """All groups of trainings that differ in `vary` and their seed, the paper's data set first.

    Of a network's groups, those in bfloat16, with unbalanced classes and so on come last.

    Parameters
    ----------
    collection
        All runs of a results folder.
    vary
        `mode`, `net`, `dataset`, a setting such as `optimizer.lr`, or `VARIANT`: loss and classifier.
        If it is `mode`, each mode listed apart from the paper's eight is a group of its own. Unless it
        is `VARIANT`, only trainings with a linear classifier count.
    """
    runs = collection.runs
    if vary != VARIANT and not runs.empty:
        runs = runs[variants.is_plain(runs)]
    if runs.empty:
        return
    if vary == VARIANT:
        runs = runs.assign(**{VARIANT: variants.names(runs)})
    hidden = {vary, "mode"} if vary == VARIANT else {vary}
    keys = {key: runs[key] for key in KEYS if key not in hidden}
    keys["settings"] = runs["settings"].map(lambda text: without(vary, text))
    if vary == "mode":
        keys["mode"] = runs["mode"].where(runs["mode"].isin(APART), "")
        keys = {key: keys[key] for key in ("dataset", "net", "settings", "mode")}
    by_group = runs.assign(settings=keys["settings"]).groupby(
        [key.rename(name) for name, key in keys.items()]
    )
    curves = collection.curves
    epochs, errors = (dict(iter(frame.groupby("run"))) for frame in (curves, collection.errors))
    at = list(keys).index("settings")

    def place(group: tuple[Any, ...]) -> tuple[Any, ...]:
        """Sort key: what is as usual before what is not."""
        return datasets.place((*group[:at], not is_usual(group[at]), *group[at:]))

    for _, members in sorted(by_group, key=lambda each: place(each[0])):
        yield Trainings(
            members,
            _details(epochs, members, curves),
            _details(errors, members, collection.errors),
            vary,
        )


def _details(
    by_run: dict[Any, pd.DataFrame], members: pd.DataFrame, every: pd.DataFrame
) -> pd.DataFrame:
    """The rows of the members, in their order in `every`."""
    frames = [by_run[run] for run in members["run"] if run in by_run]
    return pd.concat(frames).sort_index() if frames else every.head(0)
