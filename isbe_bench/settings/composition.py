"""Composition of settings from `conf/` and overrides, with Hydra."""

import contextlib
import functools
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import hydra
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from isbe_bench.catalogue.losses import LOSSES
from isbe_bench.errors import InputError
from isbe_bench.settings import choices, experiments, own, refusals, search_path
from isbe_bench.settings.identity import flatten
from isbe_bench.settings.words import shown

_PARTS = ("arch", "classifier", "loss", "optimizer", "schedule", "dataset")
"""The groups that may hold parts of the user's own."""

OmegaConf.register_new_resolver(  # for conf/hydra/help
    "losses_apart",
    lambda: "\n".join(f"    loss={each.name}: {each.about}" for each in LOSSES if each.about),
    replace=True,
)


def compose() -> list[DictConfig]:
    """The configurations that `sys.argv` describes: one, those of sweeps, or none (`--help`, `--cfg`).

    Raises
    ------
    InputError
        A group, key or value that Hydra rejects, in one line.
    """
    typed = sys.argv[1:]
    if experiments.only_informs(typed):
        _inform(typed)
        return []
    return [config for arguments in experiments.expanded(typed) for config in _runs(arguments)]


def _inform(arguments: Sequence[str]) -> None:
    """Let Hydra print help, completion or settings."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # raise errors, for `refusals` to put into words
    command = hydra.main(version_base="1.3", config_path=str(search_path.CONF), config_name="config")
    with refusing(arguments):
        command(lambda config: None)()


def _runs(arguments: Sequence[str]) -> list[DictConfig]:
    """The configurations of a run or of a sweep."""
    asked, others = get_args_parser().parse_known_args(list(arguments))
    typed = [*asked.overrides, *others]
    with refusing(arguments):
        jobs = _combined(typed) if asked.multirun else [typed]
        composed = [_composed(job) for job in jobs]
    if not composed:
        raise InputError("the sweep holds no run: one of its lists of values is empty")
    return composed


def _combined(typed: list[str]) -> list[list[str]]:
    """The overrides of each run of a sweep."""
    parsed = OverridesParser.create(choices.loader()).parse_overrides(typed)
    # What they share comes first: its errors say more than those of the first run.
    fixed = [each for each in parsed if not each.is_sweep_override() and choices.chooses(each)]
    choices.composed(tuple(str(each.input_line) for each in fixed))
    (jobs,) = BasicSweeper.split_arguments(parsed, max_batch_size=None)
    return jobs


@contextlib.contextmanager
def refusing(arguments: Sequence[str]) -> Iterator[None]:
    """Put Hydra's errors into words: only a command line with these arguments can be at fault."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(refusals.reason(error, arguments)) from error


@functools.cache
def defaults(overrides: tuple[str, ...]) -> DictConfig:
    """The configuration of a command line with these overrides; errors are those of Hydra."""
    return _composed(overrides)


def _composed(overrides: Iterable[str]) -> DictConfig:
    """The configuration of one run.

    Values are set as Hydra does it, but on a copy of what it composed of the same choices of groups.
    """
    parsed = [_parsed(each) for each in overrides]
    ConfigLoaderImpl.validate_sweep_overrides_legal(parsed, RunMode.RUN, from_shell=True)
    groups = [each for each in parsed if choices.chooses(each)]
    values = [each for each in parsed if each not in groups]
    config, chosen = choices.composed(tuple(str(each.input_line) for each in groups))
    ConfigLoaderImpl._apply_overrides_to_config(values, config)
    return _run_settings(config, chosen)


@functools.cache
def _parsed(override: str) -> Override:
    (parsed,) = OverridesParser.create().parse_overrides([override])
    return parsed


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
    with refusing([f"{group}={name}"]):
        config = choices.file(f"{group}/{name}")
    _name(config, group, name)
    return values(config[group])


@functools.cache
def resolved(task: str, **chosen: str) -> dict[str, Any]:
    """The resolved settings of a task with these choices of groups, flattened.

    Hydra composes only the task, since that takes a tenth of a second; its groups are then replaced. A
    group whose choice does not exist in `conf/` is left out.
    """
    composed = defaults((f"task={task}",)).copy()
    OmegaConf.set_struct(composed, False)
    unknown = []
    for group, name in chosen.items():
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
