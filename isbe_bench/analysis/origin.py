"""Where the numbers of a table or figure come from, and the command that gives them again."""

import functools
import math
import shlex
from typing import Any

import pandas as pd
from omegaconf import OmegaConf

from isbe_bench.settings import composition
from isbe_bench.settings.identity import NOT_IDENTITY, flatten

_SHOWN = {
    "device": "environment.device",
    "threads": "environment.threads",
    "torch": "environment.torch",
    "isbe-bench": "environment.isbe_bench",
    "revision": "environment.git_revision",
}


def of_trainings(runs: pd.DataFrame) -> str:
    """Hardware, versions, seeds and commands of trainings, as Markdown."""
    return _markdown(runs, commands(runs))


def of_measurements(runs: pd.DataFrame) -> str:
    """The same of runs of one timed task."""
    return _markdown(runs, measurement_commands(runs))


def facts(runs: pd.DataFrame) -> str:
    """Hardware, versions and the number of runs, in one line."""
    words = []
    for name, column in _SHOWN.items():
        if column in runs and (values := sorted({str(value)[:40] for value in runs[column].dropna()})):
            words.append(f"{name} {', '.join(values)}")
    if "environment.git_dirty" in runs and runs["environment.git_dirty"].eq(True).any():
        words.append("with uncommitted changes")
    return f"{', '.join(words)}; runs: {len(runs)}"


def _markdown(runs: pd.DataFrame, again: list[str]) -> str:
    return "\n".join([f"Measured on: {facts(runs)}.", "", "Again with:", "", "```", *again, "```", ""])


def commands(runs: pd.DataFrame) -> list[str]:
    """Sweeps that run these trainings again: one for those that differ in loss mode and seed alone."""
    sweeps: dict[tuple[str, ...], set[tuple[str, int]]] = {}
    for run in runs.sort_values(["dataset", "net", "settings", "mode", "seed"]).to_dict("records"):
        fixed = _overrides(run, _choices(run, "arch", "dataset", "device"), [f"loss={run['mode']}"])
        sweeps.setdefault(fixed, set()).add((run["mode"], run["seed"]))
    lines = []
    for fixed, members in sweeps.items():
        modes, seeds = (sorted(set(values)) for values in zip(*members, strict=True))
        sweep = [f"loss={','.join(modes)}", f"seed={','.join(map(str, seeds))}"]
        lines.append(shlex.join(["isbe-bench", "-m", *sweep, *fixed]))
    return lines


def measurement_commands(runs: pd.DataFrame) -> list[str]:
    """Sweeps that run these timed runs again: one for those that differ in their seed alone."""
    sweeps: dict[tuple[str, ...], set[int]] = {}
    for run in runs.to_dict("records"):
        groups = [
            group for group in ("arch", "dataset", "device") if not _missing(run.get(f"{group}.name"))
        ]
        fixed = _overrides(run, [f"task={run['task']}", *_choices(run, *groups)], [])
        sweeps.setdefault(fixed, set()).add(run["seed"])
    return [
        shlex.join(["isbe-bench", "-m", *fixed, f"seed={','.join(map(str, sorted(seeds)))}"])
        for fixed, seeds in sweeps.items()
    ]


def _choices(run: dict[Any, Any], *groups: str) -> list[str]:
    choices = [f"{name}={run[f'{name}.name']}" for name in groups]
    return [*choices, "dataset.root=DIR"] if "dataset=image_folder" in choices else choices


def _overrides(run: dict[Any, Any], choices: list[str], more: list[str]) -> tuple[str, ...]:
    """The choices, and the keys in which the run differs from what these and `more` give."""
    usual = _usual((*choices, *more))
    changes = {key: run[key] for key, value in usual.items() if key in run and _differs(run[key], value)}
    return (*choices, *(f"{key}={_typed(value)}" for key, value in sorted(changes.items())))


@functools.cache
def _usual(overrides: tuple[str, ...]) -> dict[str, Any]:
    """What a command with these overrides resolves to, flat, but for what no command has to say."""
    container = OmegaConf.to_container(composition.defaults(overrides), resolve=True)
    assert isinstance(container, dict)
    flat = flatten({str(key): value for key, value in container.items()})
    return {key: value for key, value in flat.items() if key not in _NOT_SAID}


_NOT_SAID = {*NOT_IDENTITY, "seed", "device.name"}


def _differs(value: Any, usual: object) -> bool:
    return not _missing(value) and value != usual


def _missing(value: Any) -> bool:
    """None, or the NaN that pandas puts where a run has no such key."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _typed(value: object) -> str:
    """As the command line takes it."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_typed(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_typed, value)) + "]"
    return str(value)
