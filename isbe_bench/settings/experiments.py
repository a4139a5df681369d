"""Experiments: files of `conf/experiment/` that stand for one sweep or several.

`sweeps` in such a file is a list, since not every table is a product. Each entry maps keys to the values
to combine, in the syntax of `-m`. Keys on the command line take precedence over those of the file.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from hydra._internal.utils import get_args_parser

from isbe_bench.errors import InputError
from isbe_bench.settings import search_path

MULTIRUN = frozenset(("-m", "--multirun"))
_KEY = "experiment"


def expanded(arguments: Sequence[str]) -> list[list[str]]:
    """Expand a command line with an experiment into one command line for each of its sweeps.

    A command line that only asks for information, or names no experiment, is returned as is. Sweeps that
    the given keys make the same are expanded once.

    Raises
    ------
    InputError
        If the command line sets `sweeps`.
    """
    asked, rest = get_args_parser().parse_known_args(list(arguments))
    typed = _typed([*asked.overrides, *rest])
    if "sweeps" in typed:
        raise InputError(
            f"sweeps={typed['sweeps']}: is set in an experiment's file alone; allowed are the keys that "
            "it sweeps, such as seed=0,1"
        )
    path = search_path.choices(_KEY).get(typed.get(_KEY, ""))
    sweeps = _sweeps(path) if path and not only_informs(arguments) else []
    if not sweeps:
        return [list(arguments)]
    others = [each for each in arguments if each not in MULTIRUN]
    lines = (
        ("-m", *others, *(f"{key}={values}" for key, values in sweep.items() if key not in typed))
        for sweep in sweeps
    )
    return [list(line) for line in dict.fromkeys(lines)]


def only_informs(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for help, completion or its settings, and so runs nothing."""
    asked, _ = get_args_parser().parse_known_args(list(arguments))
    options = (asked.cfg, asked.info, asked.help, asked.hydra_help, asked.shell_completion)
    return any(options)


def _typed(overrides: Sequence[str]) -> dict[str, str]:
    pairs = (each.lstrip("+").partition("=") for each in overrides)
    return {key: value for key, _, value in pairs}


def _sweeps(path: Path) -> list[Mapping[str, Any]]:
    """The sweeps of a file, or of the experiment that it is based on."""
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if "sweeps" in content:
        return list(content["sweeps"])
    bases = [each for each in content.get("defaults", []) if isinstance(each, str) and each != "_self_"]
    return _sweeps(search_path.choices(_KEY)[bases[0]]) if bases else []
