"""From a command line to the configurations that it describes, by way of Hydra and `conf/`."""

import functools
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

import hydra
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import isbe_bench
from isbe_bench.errors import InputError
from isbe_bench.settings.config import flatten
from isbe_bench.settings.rules import either, suggest

# Inside an installed package, else beside it, in a checkout.
_PACKAGE = Path(isbe_bench.__file__).parent
_CONF = next(path for path in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if path.is_dir())

_MULTIRUN = {"-m", "--multirun"}


def compose() -> list[DictConfig]:
    """The configurations that `sys.argv` describes: one, those of a sweep, or none (`--help`, `--cfg`).

    Hydra's job does nothing but keep its configuration, so that all of a sweep's are known, and can be
    checked, before the first one runs.

    Raises
    ------
    InputError
        A group, a key or a value that Hydra refuses, in one line.
    """
    composed: list[DictConfig] = []
    # Hydra takes -m before or behind all overrides; people also put it in between.
    sys.argv[1:] = sorted(sys.argv[1:], key=lambda argument: argument not in _MULTIRUN)
    for argument in sys.argv[1:]:
        if argument.startswith("experiment=") and "," in argument:  # only one's sweep would be run
            raise InputError(f"{argument}: allowed is one experiment a command")
    os.environ["HYDRA_FULL_ERROR"] = "1"  # raise errors, to be told in our own words
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["ISBE_BENCH_SCRATCH"] = scratch  # conf/config.yaml: what Hydra writes of a sweep
        try:
            hydra.main(version_base="1.3", config_path=str(_CONF), config_name="config")(
                composed.append
            )()
        except Exception as error:  # nothing but the command line is at work here
            raise InputError(_reason(error)) from error
    if not composed and _MULTIRUN & set(sys.argv):
        raise InputError("the sweep holds no run: one of its lists of values is empty")
    return composed


def _reason(error: Exception) -> str:
    """What Hydra complains of, as this suite puts it."""
    text = " ".join(str(error).split())
    if isinstance(error, MissingConfigException) and error.options and error.missing_cfg_file:
        group, _, choice = error.missing_cfg_file.rpartition("/")
        return f"{group}={choice}: allowed is {either(error.options)}"
    if match := re.match(r"Ambiguous value for argument '(.*?)'", text):
        return f"{match[1]}: allowed is one value, or several in a sweep, with -m"
    if isinstance(error, ConfigCompositionException):
        task = next((each for each in sys.argv if each.startswith("task=")), "task=train")
        if match := re.match(r"In 'experiment/(.*?)': Could not override '(.*?)'", text):
            return f"experiment={match[1]}: sets {match[2]}, which {task} does not know"
        if match := re.match(r"Could not override '(.*?)'\..* use \+?(\S+)", text):
            parent = getattr(error.__cause__, "parent_node", None)
            if not isinstance(parent, DictConfig) or "hydra" in parent:  # a group, or a key at the root
                return f"{match[2]}: unknown key; {task} does not know it"
            known = [str(key) for key in parent]
            return f"{match[2]}: unknown key; {suggest(match[1].rpartition('.')[2], known)}"
    if isinstance(error, (HydraException, OmegaConfBaseException)):
        return text
    return f"the command line cannot be read ({text})"


@functools.cache
def defaults(overrides: tuple[str, ...]) -> DictConfig:
    """What a command line with these overrides resolves to, without running anything."""
    with hydra.initialize_config_dir(str(_CONF), version_base="1.3"):
        return hydra.compose("config", list(overrides))


def choice(group: str, name: str) -> object:
    """What a choice of a group of `conf/` says, as plain values."""
    return OmegaConf.to_container(defaults((f"{group}={name}",))[group], resolve=True)


@functools.cache
def choices(group: str) -> tuple[str, ...]:
    """The names that a group of `conf/` knows."""
    return tuple(sorted(path.stem for path in (_CONF / group).glob("*.yaml")))


@functools.cache
def resolved(task: str, **choices: str) -> dict[str, Any]:
    """The resolved settings of a task under these choices of groups, flattened.

    Hydra composes the task alone, which takes a tenth of a second; its groups are then exchanged. Of a
    choice that `conf/` does not have nothing is known, and its group is left out.
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
