"""A recorded run as one to do again: composed anew from `conf/` and `--config-dir`.

The record gives names of choices and plain values. What is imported and called, every `_target_`, comes
from `conf/` and `--config-dir` alone.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from isbe_bench import tasks
from isbe_bench.errors import InputError
from isbe_bench.settings import composition, identity, own, search_path, words
from isbe_bench.settings.run import RunSettings

_NOT_TAKEN = ("_target_", "_partial_")
_NOWHERE = ""
"""The root of data that have no usual place, until the record or `--data` says where they lie."""


def asked(recorded: Mapping[str, Any], results_dir: Path, data: Path | None) -> RunSettings:
    """The settings of a recorded run, as a command would ask for them.

    Where results go and where data lie is not taken from the record, but for a folder of data that
    exists; nothing is downloaded there, nor to `data`.

    Parameters
    ----------
    recorded
        The run's flat settings, of any version.
    results_dir
        The results folder of the new run.
    data
        `dataset.root`; None for the recorded one.

    Raises
    ------
    InputError
        A task, a choice or a value that this version or `--config-dir` does not have.
    """
    settings = identity.current(recorded)
    task = tasks.find(settings.get("task"))
    values = _composed([f"task={task.name}", *_choices(settings)])
    for key, value in settings.items():
        if _is_taken(key, value):
            _set(values, key, value)
    values["results_dir"] = str(results_dir)
    dataset = values.get("dataset", {})
    root = settings.get("dataset.root")
    if "root" in dataset and data is not None:
        dataset |= {"root": str(data), "download": False}
    elif "root" in dataset and _is_folder(root):
        dataset |= {"root": root, "download": False}
    elif dataset.get("root") == _NOWHERE:
        raise InputError(
            f"dataset.root={words.shown(root)}: is no folder here; allowed is --data DIR, the folder of "
            "the images"
        )
    run: RunSettings = words.validate(task.settings, values)
    return run


def check_identity(recorded: Mapping[str, Any], again: Mapping[str, Any]) -> None:
    """Check that the identity of a run is the recorded one; `again` is the new one.

    Raises
    ------
    InputError
        It is another; the message names the keys that differ, with both values.
    """
    before, after = identity.identity(recorded), json.loads(json.dumps(again))  # tuples become lists
    differing = [
        f"{key} was {_word(before, key)} and is {_word(after, key)}"
        for key in dict.fromkeys([*before, *after])
        if _word(before, key) != _word(after, key)
    ]
    if differing:
        first, more = "; ".join(differing[:5]), len(differing) - 5
        others = f"; and {more} more" if more > 0 else ""
        raise InputError(f"this would be another run: {first}{others}")


def _word(settings: Mapping[str, Any], key: str) -> str:
    return words.shown(settings[key]) if key in settings else "not set"


def _choices(settings: Mapping[str, Any]) -> list[str]:
    """What selects the recorded choice of each group."""
    selected = []
    for group in search_path.groups():
        if not identity.identifies(f"{group}.name"):
            continue
        name = settings.get(f"{group}.name")
        if group == "dataset":
            name = settings.get("dataset.format", name)
        if name is None:
            continue
        if name not in search_path.choices(group):
            known = words.either(search_path.choices(group))
            raise InputError(
                f"{group}.name={words.shown(name)}: allowed is {known}; a part of your own needs the "
                "--config-dir with its file"
            )
        selected.append(f"{group}={name}")
    return selected


def _composed(overrides: list[str]) -> dict[str, Any]:
    with composition.refusing(overrides):
        composed = composition.defaults(tuple(overrides)).copy()
        if "dataset" in composed and OmegaConf.is_missing(composed.dataset, "root"):
            composed.dataset.root = _NOWHERE
        return composition.values(composed)


def _is_taken(key: str, value: Any) -> bool:
    """Whether a setting is taken from the record; the others follow from what was composed."""
    derived = any(f"{key}.".startswith(f"{each}.") for each in identity.DERIVED)
    names_code = bool({*key.split(".")} & {*_NOT_TAKEN}) or any(own.targets(value))
    return identity.is_recorded(key) and not derived and not names_code


def _set(values: dict[str, Any], key: str, value: Any) -> None:
    *groups, name = key.split(".")
    node: Any = values
    for group in groups:
        node = node.setdefault(group, {})
        if not isinstance(node, dict):
            raise InputError(f"{key}={words.shown(value)}: unknown key; {group} is no group of settings")
    node[name] = value


def _is_folder(path: Any) -> bool:
    try:
        return isinstance(path, str) and Path(path).expanduser().is_dir()
    except (OSError, RuntimeError):  # too long, no such user
        return False
