"""Where numbers come from: hardware, versions, and the commands that reproduce them."""

import itertools
import math
import shlex
from collections.abc import Iterable
from typing import Any

import pandas as pd

from isbe_bench.literal import in_markdown, plain
from isbe_bench.settings import composition, search_path
from isbe_bench.settings import own as own_parts
from isbe_bench.settings.identity import DERIVED, NOT_IDENTITY

_FACTS = {
    "device": "environment.device",
    "threads": "environment.threads",
    "torch": "environment.torch",
    "isbe-bench": "environment.isbe_bench",
    "revision": "environment.git_revision",
}
_LONG = 40
_SHORT = 10  # digits, which git takes for the whole hash
_GROUPS = ("arch", "dataset", "classifier", "loss", "targets", "device", "optimizer", "schedule")
_USUAL = {
    "classifier": "linear",
    "targets": "labels",
    "optimizer": "adam",
    "schedule": "exponential",
}
"""Of task=train; the others are always typed."""
_FILES = {"class_folders": "facescrub"}
"""The choice of `dataset` by its format, where their names differ."""
_ELSEWHERE = ("image_folder", "tinyimagenet", "facescrub")
"""Data sets whose folder has no default."""
_NAMES = ("name", "_target_", "_partial_")  # in the file of an own part
_CONFIG_DIR = ("--config-dir", "DIR")
_NEVER_TYPED = {*NOT_IDENTITY, *DERIVED, "seed", "device.name"}


def facts(runs: pd.DataFrame) -> str:
    """Hardware, versions and the number of runs, in one line."""
    words = []
    for name, column in _FACTS.items():
        length = _SHORT if name == "revision" else _LONG
        known: Iterable[Any] = runs[column].dropna() if column in runs else ()
        if values := sorted({str(value)[:length] for value in known}):
            words.append(f"{name} {', '.join(values)}")
    if "environment.git_dirty" in runs and runs["environment.git_dirty"].eq(True).any():
        words.append("with uncommitted changes")
    return f"{', '.join(words)}; runs: {len(runs)}"


def training_origin(runs: pd.DataFrame) -> str:
    """Hardware, versions, seeds and commands of trainings, as Markdown."""
    return _markdown(runs, training_commands(runs))


def measurement_origin(runs: pd.DataFrame) -> str:
    """Hardware, versions, seeds and commands of runs of one other task; empty without runs."""
    return "" if runs.empty else _markdown(runs, measurement_commands(runs))


def command_block(commands: Iterable[str]) -> str:
    """Commands as a Markdown code block."""
    return "\n".join(["```", *map(plain, commands), "```"])


def _markdown(runs: pd.DataFrame, commands: list[str]) -> str:
    return f"Measured on: {in_markdown(facts(runs))}.\n\nTo reproduce:\n\n{command_block(commands)}\n"


def training_commands(runs: pd.DataFrame) -> list[str]:
    """Sweeps that reproduce these trainings; trainings that differ in loss mode and seed share one."""
    sweeps: dict[tuple[str, ...], set[tuple[str, int]]] = {}
    for run in runs.sort_values(["dataset", "net", "settings", "mode", "seed"]).to_dict("records"):
        groups = _groups(run)
        fixed = (*_choices(run, groups, "loss"), *_changed(run, "train", groups))
        sweeps.setdefault(fixed, set()).add((run["mode"], run["seed"]))
    lines = []
    for fixed, members in sweeps.items():
        modes, seeds = (sorted(set(values)) for values in zip(*members, strict=True))
        sweep = [f"loss={','.join(modes)}", f"seed={','.join(map(str, seeds))}"]
        lines.append(_command(*sweep, *fixed))
    return lines


def further_trainings(runs: pd.DataFrame, count: int) -> list[str]:
    """Sweeps that train each kind of these runs with `count` seeds that they do not have."""
    parts = ["dataset", "net", "settings", "mode", *runs.filter(regex=r"^(loss|classifier)\.")]
    kinds = runs[~runs[parts].astype(str).duplicated()]
    return training_commands(kinds.drop(columns="seed").merge(_further_seeds(runs, count), how="cross"))


def further_measurements(runs: pd.DataFrame, count: int) -> list[str]:
    """Sweeps that repeat the latest of these runs of another task with `count` more seeds."""
    latest = runs.sort_values("seed").tail(1)
    seeds = _further_seeds(runs, count)
    return measurement_commands(latest.drop(columns="seed").merge(seeds, how="cross"))


def _further_seeds(runs: pd.DataFrame, count: int) -> pd.DataFrame:
    """The smallest seeds that these runs do not have."""
    taken = set(runs["seed"])
    free = (seed for seed in itertools.count() if seed not in taken)
    return pd.DataFrame({"seed": list(itertools.islice(free, count))})


def measurement_commands(runs: pd.DataFrame) -> list[str]:
    """Sweeps that reproduce runs of other tasks; runs that differ only in their seed share one."""
    sweeps: dict[tuple[str, ...], set[int]] = {}
    for run in runs.to_dict("records"):
        groups = _groups(run)
        settings = _changed(run, str(run["task"]), groups)
        fixed = (f"task={run['task']}", *_choices(run, groups), *settings)
        sweeps.setdefault(fixed, set()).add(run["seed"])
    return [
        _command(*fixed, f"seed={','.join(map(str, sorted(seeds)))}") for fixed, seeds in sweeps.items()
    ]


def _command(*arguments: str) -> str:
    """A command line that sweeps; `--config-dir` is an option, and comes first."""
    options = [each for each in arguments if each in _CONFIG_DIR]
    return shlex.join(
        ["isbe-bench", *options, "-m", *(each for each in arguments if each not in options)]
    )


def _groups(run: dict[Any, Any]) -> dict[str, str]:
    """The choice of each group that made a run."""
    names = {group: run.get(f"{group}.name") for group in _GROUPS}
    if not _is_missing(form := run.get("dataset.format")):
        names["dataset"] = _FILES.get(str(form), form)
    return {group: str(name) for group, name in names.items() if not _is_missing(name)}


def _choices(run: dict[Any, Any], groups: dict[str, str], *swept: str) -> list[str]:
    """What selects these choices, but for groups that a sweep runs through."""
    typed = {group: name for group, name in groups.items() if _USUAL.get(group) != name}
    choices = [f"{group}={name}" for group, name in typed.items() if group not in swept]
    if groups.get("dataset") in _ELSEWHERE or not _is_missing(run.get("dataset.format")):
        choices.append("dataset.root=DIR")
    in_timing = any(own_parts.targets(run.get("timing.modes")))
    return [*_CONFIG_DIR, *choices] if _own_groups(groups) or in_timing else choices


def _own_groups(groups: dict[str, str]) -> list[str]:
    """The groups whose choice is a part of the user's own."""
    return [
        group for group, name in groups.items() if name not in search_path.names(search_path.CONF, group)
    ]


def _changed(run: dict[Any, Any], task: str, groups: dict[str, str]) -> list[str]:
    """The settings in which a run differs from the defaults of these choices, as overrides.

    All settings of the user's own parts are among them, since their defaults are not known here.
    """
    usual = composition.resolved(task, **groups)
    own = _own_groups(groups)
    theirs = [
        key
        for key in map(str, run)
        if "." in key and key.partition(".")[0] in own and key.rpartition(".")[2] not in _NAMES
    ]
    return [
        f"{key}={_typed(run[key])}"
        for key in sorted({*usual, *theirs})
        if key not in _NEVER_TYPED
        and key in run
        and not _is_missing(run[key])
        and (key not in usual or run[key] != usual[key])
    ]


def _is_missing(value: object) -> bool:
    """Whether a value is None, or the NaN that pandas fills in for a key that a run does not have."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _typed(value: object) -> str:
    """A value in the syntax of the command line."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_typed(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_typed, value)) + "]"
    return str(value)
