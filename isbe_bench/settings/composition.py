"""Composition of settings from `conf/` and overrides, with Hydra."""

import functools
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from isbe_bench.catalogue.losses import APART, LOSSES
from isbe_bench.errors import InputError
from isbe_bench.settings import experiments, own, refusals, search_path
from isbe_bench.settings.identity import flatten
from isbe_bench.settings.words import shown

_PARTS = ("arch", "loss", "optimizer", "schedule", "dataset")
"""The groups that may hold parts of the user's own."""

OmegaConf.register_new_resolver(  # for conf/hydra/help
    "losses_apart",
    lambda: "\n".join(f"    loss={each.name}: {each.about}" for each in LOSSES if each.name in APART),
    replace=True,
)


def compose() -> list[DictConfig]:
    """The configurations that `sys.argv` describes: one, those of sweeps, or none (`--help`, `--cfg`).

    Hydra's job only stores its configuration, so that all configurations of a sweep can be checked
    before the first run starts.

    Raises
    ------
    InputError
        A group, key or value that Hydra rejects, in one line.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # raise errors, for `refusals` to put into words
    composed = []
    for arguments in experiments.expanded(sys.argv[1:]):
        sys.argv[1:] = arguments
        composed += _composed_by_hydra()
    return composed


def _composed_by_hydra() -> list[DictConfig]:
    composed: list[tuple[DictConfig, Mapping[str, Any]]] = []

    def keep(config: DictConfig) -> None:
        composed.append((config, HydraConfig.get().runtime.choices))

    with tempfile.TemporaryDirectory() as scratch:
        os.environ["ISBE_BENCH_SCRATCH"] = (
            scratch  # see conf/config.yaml: where Hydra writes during a sweep
        )
        try:
            hydra.main(version_base="1.3", config_path=str(search_path.CONF), config_name="config")(
                keep
            )()
        except Exception as error:  # only the command line can be at fault here
            raise InputError(refusals.reason(error, sys.argv[1:])) from error
    if not composed and experiments.MULTIRUN & set(sys.argv):
        raise InputError("the sweep holds no run: one of its lists of values is empty")
    return [_run_settings(config, choices) for config, choices in composed]


@functools.cache
def defaults(overrides: tuple[str, ...]) -> DictConfig:
    """The configuration of a command line with these overrides."""
    first, *others = search_path.folders()
    with hydra.initialize_config_dir(str(first), version_base="1.3"):
        config = hydra.compose("config", [*overrides, *_searching(others)], return_hydra_config=True)
    choices = config.hydra.runtime.choices
    with open_dict(config):
        del config["hydra"]
    return _run_settings(config, choices)


def _run_settings(config: DictConfig, chosen: Mapping[str, Any]) -> DictConfig:
    """The configuration, with own parts named, without the `sweeps` of its experiment."""
    for group in search_path.groups():
        _name(config, group, chosen.get(group))
    if chosen.get("experiment"):
        with open_dict(config):
            config.pop("sweeps", None)
    return config


def values(composed: DictConfig) -> dict[str, Any]:
    """A composed configuration as plain values.

    Raises
    ------
    InputError
        A mandatory value that is not set, or a reference to a value that does not exist.
    """
    try:
        plain = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise InputError(refusals.unresolved(error, composed)) from error
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


@functools.cache
def choice(group: str, name: str) -> dict[str, Any]:
    """The values of one choice of a group."""
    # Hydra takes a primary file from its first folder alone.
    first, *others = sorted(
        search_path.folders(), key=lambda each: name not in search_path.names(each, group)
    )
    try:
        with hydra.initialize_config_dir(str(first), version_base="1.3"):
            config = hydra.compose(f"{group}/{name}", _searching(others))
    except Exception as error:  # only the file can be at fault here
        raise InputError(refusals.reason(error, [f"{group}={name}"])) from error
    _name(config, group, name)
    return values(config[group])


def _searching(folders: Iterable[Path]) -> list[str]:
    """The override that makes Hydra search these folders too."""
    paths = [str(folder).replace("\\", "\\\\").replace("'", "\\'") for folder in folders]
    return ["hydra.searchpath=[" + ",".join(f"'file://{path}'" for path in paths) + "]"]


@functools.cache
def resolved(task: str, **choices: str) -> dict[str, Any]:
    """The resolved settings of a task with these choices of groups, flattened.

    Hydra composes only the task, since that takes a tenth of a second; its groups are then replaced. A
    group whose choice does not exist in `conf/` is left out.
    """
    composed = defaults((f"task={task}",)).copy()
    OmegaConf.set_struct(composed, False)
    unknown = []
    for group, name in choices.items():
        path = search_path.CONF / group / f"{name}.yaml"
        if path.exists():
            composed[group] = OmegaConf.load(path)
        else:
            unknown.append(group)
    defined = OmegaConf.load(search_path.CONF / "task" / f"{task}.yaml")
    assert isinstance(defined, DictConfig)
    composed.merge_with({key: defined[key] for key in defined if key != "defaults"})
    values = flatten(cast("dict[str, Any]", OmegaConf.to_container(composed, resolve=True)))
    return {key: value for key, value in values.items() if key.split(".")[0] not in unknown}


def _name(config: DictConfig, group: str, file: str | None) -> None:
    """Give a user's own part the name of its file, as records need; InputError for another name."""
    part = config.get(group)
    shipped = search_path.names(search_path.CONF, group)
    is_part = isinstance(part, DictConfig) and {"name", "_target_", "train"} & part.keys()
    if group in _PARTS and file is not None and file not in shipped and not is_part:
        path = search_path.choices(group)[file]
        raise InputError(f"{group}={file}: {path} has no _target_; allowed is a file with one")
    if not isinstance(part, DictConfig) or not any(own.targets(OmegaConf.to_container(part))):
        return
    name = part.get("name")
    inherited = name in shipped and file not in shipped
    if name is None or inherited:
        with open_dict(config):
            part["name"] = file
    elif name != file:
        raise InputError(f"{group}.name={shown(name)}: allowed is {file}, the name of its file")
