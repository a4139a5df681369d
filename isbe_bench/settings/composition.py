"""Composition of settings from `conf/` and overrides, with Hydra."""

import functools
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from isbe_bench.catalogue.losses import APART, LOSSES
from isbe_bench.errors import InputError
from isbe_bench.settings import experiments, refusals
from isbe_bench.settings.identity import flatten
from isbe_bench.settings.words import shown

# Inside an installed package, else beside it, in a checkout.
_PACKAGE = Path(__file__).parents[1]
_CONF = next(path for path in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if path.is_dir())

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
    for arguments in experiments.expanded(sys.argv[1:], _CONF):
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
            hydra.main(version_base="1.3", config_path=str(_CONF), config_name="config")(keep)()
        except Exception as error:  # only the command line can be at fault here
            raise InputError(refusals.reason(error, sys.argv[1:])) from error
    if not composed and experiments.MULTIRUN & set(sys.argv):
        raise InputError("the sweep holds no run: one of its lists of values is empty")
    return [_run_settings(config, choices) for config, choices in composed]


@functools.cache
def defaults(overrides: tuple[str, ...]) -> DictConfig:
    """The configuration of a command line with these overrides."""
    with hydra.initialize_config_dir(str(_CONF), version_base="1.3"):
        config = hydra.compose("config", list(overrides), return_hydra_config=True)
    choices = config.hydra.runtime.choices
    with open_dict(config):
        del config["hydra"]
    return _run_settings(config, choices)


def _run_settings(config: DictConfig, chosen: Mapping[str, Any]) -> DictConfig:
    """The configuration, its names checked, without the `sweeps` of its experiment."""
    _check_names(config, chosen)
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
    """The values of one choice of a group of `conf/`."""
    with hydra.initialize_config_dir(str(_CONF), version_base="1.3"):
        return values(hydra.compose(f"{group}/{name}")[group])


@functools.cache
def choices(group: str) -> tuple[str, ...]:
    """The names of the choices of a group of `conf/`."""
    return tuple(sorted(path.stem for path in (_CONF / group).glob("*.yaml")))


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
        path = _CONF / group / f"{name}.yaml"
        if path.exists():
            composed[group] = OmegaConf.load(path)
        else:
            unknown.append(group)
    own = OmegaConf.load(_CONF / "task" / f"{task}.yaml")
    assert isinstance(own, DictConfig)
    composed.merge_with({key: own[key] for key in own if key != "defaults"})
    values = flatten(cast("dict[str, Any]", OmegaConf.to_container(composed, resolve=True)))
    return {key: value for key, value in values.items() if key.split(".")[0] not in unknown}


@functools.cache
def groups() -> tuple[str, ...]:
    """The groups of `conf/` without Hydra's own."""
    return tuple(sorted(path.name for path in _CONF.iterdir() if path.is_dir() and path.name != "hydra"))


def _check_names(config: DictConfig, chosen: Mapping[str, Any]) -> None:
    """Raise InputError if the name of a user's own part is not that of its file, as records need."""
    for group in groups():
        part = config.get(group)
        if not isinstance(part, DictConfig) or "_target_" not in part:
            continue
        name, file = part.get("name"), chosen.get(group)
        if name != file:
            raise InputError(f"{group}.name={shown(name)}: allowed is {file}, the name of its file")
