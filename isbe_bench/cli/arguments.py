"""Checks of a command line's options and overrides before Hydra composes anything."""

import argparse
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Override,
    OverrideType,
    QuotedString,
    ValueType,
)
from hydra.errors import HydraException

from isbe_bench.cli.words import WORDS
from isbe_bench.errors import InputError
from isbe_bench.settings import search_path
from isbe_bench.settings.run import RunSettings
from isbe_bench.settings.words import either

_SYNTAX = "allowed is KEY=VALUE, with quotes around other signs than letters, digits and - _ . / :"

_OPTIONS = "isbe-bench --help lists the options"
_NOT_SERVED = (
    "--experimental-rerun",  # unpickles a file, and so runs what is in it
    "--config-path",
    "--config-name",
    "--run",
    "--hydra-help",
)
"""Options that Hydra's parser knows, and this suite does not."""
_HYDRA = {
    "launcher": "allowed is launch=here, processes, slurm or ray",
    "sweeper": "allowed is KEY=A,B with -m",
    "searchpath": "allowed is --config-dir DIR",
}
"""What to use in place of keys of `hydra`."""


def checked(typed: Sequence[str]) -> list[str]:
    """The checked arguments in the order that Hydra expects: options first, then overrides.

    Raises
    ------
    InputError
        An invalid option or override, in one line.
    """
    options, overrides = _options_and_overrides(typed)
    if options.config_dir is not None:
        search_path.add(Path(options.config_dir))
    if not _is_completion(typed):
        _check_overrides([_parsed(each) for each in overrides])
    first = list(typed)
    for each in overrides:
        first.reverse()
        first.remove(each)  # the last one, since an option may have the same value
        first.reverse()
    return [*first, *overrides]


def _options_and_overrides(typed: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Hydra's options, and the other arguments; InputError for an unknown option."""
    parser = get_args_parser()
    parser.exit_on_error = False
    parser.allow_abbrev = False
    try:
        known, rest = parser.parse_known_args(list(typed))
    except argparse.ArgumentError as error:
        raise InputError(_option_reason(parser, error)) from error
    for each in rest:
        if each.startswith("-"):
            raise InputError(f"{each}: unknown option; {_OPTIONS}")
    for option in _NOT_SERVED:
        if getattr(known, option.removeprefix("--").replace("-", "_")) not in (None, False):
            raise InputError(f"{option}: isbe-bench does not serve it; {_OPTIONS}")
    if known.package is not None and known.cfg is None:
        raise InputError("--package: allowed with --cfg")
    if known.resolve and not (known.cfg or known.help):
        raise InputError("--resolve: allowed with --cfg or --help")
    return known, [*known.overrides, *rest]


def _option_reason(parser: argparse.ArgumentParser, error: argparse.ArgumentError) -> str:
    for action in parser._actions:
        if "/".join(action.option_strings) == error.argument_name and action.choices:
            return f"{error.argument_name}: allowed is {either(action.choices)}"
    return f"{error.argument_name}: {error.message}"


def _is_completion(typed: Sequence[str]) -> bool:
    return bool({"-sc", "--shell-completion"} & set(typed))


def _parsed(override: str) -> Override:
    if "=" not in override and not override.startswith("~"):
        raise InputError(f"{override}: {_hint(override)}")
    try:
        parsed = OverridesParser.create().parse_override(override)
    except HydraException as error:
        raise InputError(f"{override}: cannot be read; {_SYNTAX}") from error
    if not parsed.key_or_group:
        raise InputError(f"{override}: has no key; {_SYNTAX}")
    return parsed


def _hint(word: str) -> str:
    """A suggestion for a bare word: a command, a choice of a group, or a key."""
    meant = {
        choice: f"{group}={choice}"
        for group in search_path.groups()
        for choice in search_path.choices(group)
    }
    meant |= {word: word for word in WORDS}
    meant |= {group: f"{group}=CHOICE" for group in search_path.groups()}
    meant |= {key: f"{key}=VALUE" for key in RunSettings.model_fields if key not in meant}
    if close := get_close_matches(word, meant, n=1, cutoff=0.75):
        return f"did you mean {meant[close[0]]}?"
    words = f"a command ({either(WORDS)}), GROUP=CHOICE or KEY=VALUE"
    return f"allowed is {words}; isbe-bench --help lists them"


def _check_overrides(overrides: Sequence[Override]) -> None:
    first: dict[str, str] = {}
    for each in overrides:
        _check_served(each)
        key, line = each.get_key_element().lstrip("+~"), str(each.input_line)
        if first.setdefault(key, line) is not line:
            raise InputError(f"{line}: {key} is set already, by {first[key]}; allowed is once")
        if each.value_type == ValueType.INTERVAL_SWEEP:
            raise InputError(f"{each.input_line}: allowed is a list of values, {key}=A,B")
        if each.key_or_group in search_path.groups():
            _check_choice(each)


def _check_served(override: Override) -> None:
    """Refuse keys of Hydra's own: they say where it writes, what it logs and what it imports."""
    for name in (override.key_or_group, override.package or ""):
        root, *parts = re.split(r"[./]", name)
        if root == "hydra":
            instead = _HYDRA.get(parts[0] if parts else "", "what a run writes goes to results_dir=DIR")
            raise InputError(f"{override.input_line}: isbe-bench does not serve {name}; {instead}")


def _check_choice(override: Override) -> None:
    """Check that a group is set to one of its choices, or to several in a sweep."""
    group, typed = override.key_or_group, override.input_line
    choices = search_path.choices(group)
    if override.type == OverrideType.DEL:
        if group != "experiment":
            raise InputError(f"{typed}: a run needs it; allowed is {group}={either(choices)}")
        return
    if override.type != OverrideType.CHANGE:
        raise InputError(f"{typed}: allowed is {group}=CHOICE, without +")
    if group == "experiment" and (override.is_sweep_override() or isinstance(override.value(), list)):
        raise InputError(f"{typed}: allowed is one experiment a command")
    for name in _names(override):
        if name is None or name.startswith("/") or ".." in name or name.endswith(".yaml"):
            raise InputError(f"{typed}: allowed is {either(choices)}")


def _names(override: Override) -> Iterator[str | None]:
    """The named choices; None for a value that is not a name."""
    if override.value_type == ValueType.GLOB_CHOICE_SWEEP:  # a pattern, which Hydra resolves
        return
    value = override.value()
    for each in value.list if isinstance(value, ChoiceSweep) else [value]:
        name = each.text if isinstance(each, QuotedString) else each
        yield name if isinstance(name, str) and name else None
