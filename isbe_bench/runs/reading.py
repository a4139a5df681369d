"""Reading files of a results folder, which may be anybody's: with limits, and nothing is executed."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

# libyaml's loader, where PyYAML has it, is ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_BYTES = 2**31
"""The largest file that is read; a recorded sweep of the suite has some megabytes."""
_MAX_TEXT_BYTES = 2**23
"""The largest JSON or YAML file. `sweeps/` lists a run in about 150 bytes."""
_MAX_DEPTH = 30
_FEW_MARKS = 1000
"""So many signs cannot nest so deeply that libyaml overflows the stack, which ends the process."""


def check_regular(path: Path, limit: int = MAX_BYTES) -> None:
    """Check that a path leads to a file that can be read to its end, and not to a pipe or a device.

    Raises
    ------
    OSError
        There is no such path.
    ValueError
        It is no file, or larger than `limit` bytes.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{path.name} is not a file")
    if status.st_size > limit:
        raise ValueError(f"{path.name} has {status.st_size} bytes; allowed is {limit} or fewer")


def json_file(path: Path) -> Any:
    """The content of a JSON file; OSError or ValueError if it cannot be read."""
    text = _text(path)
    try:
        return _sound(json.loads(text))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def yaml_file(path: Path) -> Any:
    """The content of a YAML file as plain values; OSError or ValueError if it cannot be read."""
    return parse_yaml(_text(path))


def parse_yaml(text: str) -> Any:
    """The content of a YAML text as plain values; ValueError if it is not YAML that the suite writes."""
    try:
        if sum(map(text.count, "[{-?*&")) > _FEW_MARKS or "*" in text:
            _check_structure(text)
        return _sound(yaml.load(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _text(path: Path) -> str:
    # A pipe would make `open` wait for a writer; and the path may have changed since any check.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is not a file")
        if status.st_size > _MAX_TEXT_BYTES:
            raise ValueError(f"it has {status.st_size} bytes; allowed is {_MAX_TEXT_BYTES} or fewer")
        return file.read(_MAX_TEXT_BYTES).decode("utf-8-sig")


def _check_structure(text: str) -> None:
    """Refuse nesting that overflows the stack, and aliases, by which a few lines become gigabytes."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("it has an alias, which the suite does not write")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise ValueError("it is nested too deeply")


def _sound(content: Any) -> Any:
    """The content, if all later work can handle its depth, its types and its texts; else ValueError."""
    level = [content]
    for _ in range(_MAX_DEPTH):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return content
    raise ValueError("it is nested too deeply")


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value  # keys are texts or numbers
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str):
        value.encode()  # half a pair of surrogates could not be written again
    elif isinstance(value, int):
        if abs(value) >= 2**63:  # cannot become a float, or text
            raise ValueError("it holds an integer of more than 64 bits")
    elif value is not None and not isinstance(value, float):
        raise ValueError(f"it holds a {type(value).__name__}")
