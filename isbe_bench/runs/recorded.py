"""A run as its folder records it, to be done again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isbe_bench.errors import InputError
from isbe_bench.runs import manifest, reading, state
from isbe_bench.runs.state import RunState
from isbe_bench.settings import identity


@dataclass(frozen=True)
class RecordedRun:
    """What the folder of a run says.

    Attributes
    ----------
    path
        The folder.
    settings
        `config.yaml`, flat, under the keys of its time.
    environment
        `environment.json`; empty if the folder has none.
    state
        How the run ended, or that it did not.
    """

    path: Path
    settings: dict[str, Any]
    environment: dict[str, Any]
    state: RunState


def read(path: Path, name: str = "RUN_FOLDER") -> RecordedRun:
    """Read a run's folder; nothing in it is executed.

    Parameters
    ----------
    path
        The folder.
    name
        Stands for it in messages.

    Raises
    ------
    InputError
        The folder holds no run that can be read, or another run than its name says, or its files were
        changed after the run wrote them.
    """
    if not path.is_dir():
        raise InputError(f"{name}={path}: allowed is the folder of a run, such as results/runs/RUN")
    settings = identity.flatten(_mapping(path, "config.yaml", reading.yaml_file, name))
    has_environment = (path / "environment.json").exists()
    environment = _mapping(path, "environment.json", reading.json_file, name) if has_environment else {}
    found = state.read(path)
    if found is None:
        raise InputError(f"{name}={path}: has no status.json that can be read")
    if found.state == "running":
        raise InputError(f"{name}={path}: {found.worker or 'a process'} is still working on it")
    if not path.resolve().name.endswith(f"-{identity.digest(settings)}"):
        raise InputError(f"{name}={path}: its name does not fit its config.yaml: renamed, or edited?")
    if found.state in ("done", "interrupted"):  # others have no manifest, or that of an earlier end
        _check_manifest(path, name)
    return RecordedRun(path, settings, environment, found)


def _mapping(path: Path, file: str, load: Callable[[Path], Any], name: str) -> dict[str, Any]:
    try:
        content = load(path / file)
    except FileNotFoundError as error:
        raise InputError(f"{name}={path}: has no {file}; allowed is the folder of a run") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{name}={path}: {file} cannot be read ({error})") from error
    if not isinstance(content, dict):
        raise InputError(f"{name}={path}: {file} does not hold keys and values")
    return content


def _check_manifest(path: Path, name: str) -> None:
    try:
        differences = manifest.check(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{name}={path}: {error}") from error
    for file, difference in differences.items():
        if difference != "extra":
            verb = "is" if difference == "missing" else "was"
            raise InputError(f"{name}={path}: {file} {verb} {difference} after the run wrote it")
