"""Writing files atomically, and reading YAML."""

import os
from pathlib import Path
from typing import Any

import yaml

# libyaml's loader, where PyYAML has it, is ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file completely or not at all, by renaming a hidden temporary file next to it."""
    data = content.encode() if isinstance(content, str) else content
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def parse_yaml(text: str) -> Any:
    """The content of a YAML file; ValueError if it is not YAML."""
    try:
        return yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
