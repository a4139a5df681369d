"""Reads run folders into frames."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from isbe_bench.analysis.reading import checks
from isbe_bench.analysis.reading.checks import Runs
from isbe_bench.analysis.reading.readers import Frames, Reader
from isbe_bench.runs import manifest, reading, schema
from isbe_bench.runs.rows import ADDED_FILES, PROCESSES
from isbe_bench.settings import identity
from isbe_bench.settings.words import shown

_AGAIN = "repeat the isbe-bench command with force=true"


@dataclasses.dataclass(frozen=True)
class _Folder:
    """The content of one run's folder.

    `status` and `started` are as in `status.json`, `facts` and `files` as from `Reader.condense`.
    """

    name: str
    status: str
    started: str | None
    settings: dict[str, Any]
    environment: dict[str, Any]
    facts: dict[str, Any]
    files: Frames


class _LeftOutError(Exception):
    """Why a folder has no result to use."""


def read(
    paths: Sequence[Path], readers: dict[str, Reader]
) -> tuple[dict[str, Runs], dict[str, str], list[str]]:
    """Read the folders of runs.

    Returns
    -------
    tuple
        The usable runs by task; a line for each folder that was left out, by its name; and a line for
        each folder of which only a part is used.
    """
    by_task: dict[str, list[_Folder]] = defaultdict(list)
    left_out, partial = {}, []
    named = {path.name: path for path in paths}
    kept: dict[str, str] = {}
    for path in sorted(paths, key=lambda each: (len(each.name), each.name)):  # a copy has a longer name
        try:
            folder = _read(path, readers)
            if (original := kept.setdefault(checks.same_run(path.name), path.name)) != path.name:
                raise _LeftOutError(f"it is a copy of {original}")
        except _LeftOutError as error:
            left_out[path.name] = f"{path}: left out, {error}"
        except (OSError, ValueError, TypeError) as error:  # TypeError: values of kinds that no run has
            left_out[path.name] = f"{path}: left out, {' '.join(str(error).split())}; {_AGAIN}"
        else:
            by_task[folder.settings["task"]].append(folder)
            if folder.status != "done":
                count = len(folder.files[PROCESSES])
                partial.append(f"{path}: {folder.status}; its {count} finished processes are used")
    usable = {task: Runs.none(reader) for task, reader in readers.items()}
    for task, folders in by_task.items():
        usable[task], reasons = _joined(folders, readers[task])
        left_out |= {run: f"{named[run]}: left out, {why}; {_AGAIN}" for run, why in reasons.items()}
    return usable, dict(sorted(left_out.items())), sorted(partial)


def _read(path: Path, readers: dict[str, Reader]) -> _Folder:
    """Read one folder; raises ValueError or OSError if a file is missing, changed or malformed."""
    status = _mapping(path / "status.json", reading.json_file)
    state = status.get("status")
    if state not in ("done", "interrupted"):
        raise _LeftOutError(f"its status is {shown(state)[:40]}")
    differences = manifest.check(path)
    harmful = [name for name, difference in differences.items() if difference != "extra"]
    checks.check_manifest(differences, harmful, "the run")
    flat = identity.flatten(_mapping(path / "config.yaml", reading.yaml_file))
    settings = {key: value for key, value in flat.items() if identity.is_recorded(key)}
    reader = readers.get(str(settings.get("task")))
    if reader is None:
        raise _LeftOutError(f"task={shown(settings.get('task'))[:40]} is not known here")
    if not checks.fits_name(path.name, settings):
        raise _LeftOutError("its name does not fit its config.yaml: a copy, or edited?")
    environment = _mapping(path / "environment.json", reading.json_file)
    checks.check_values(settings, environment)
    if "numerics" in environment and not (path / manifest.MANIFEST).exists():  # else of version 0.1
        raise ValueError(f"{manifest.MANIFEST} is missing")
    files = {
        file: schema.none(row)
        if file in ADDED_FILES and not (path / file).exists()
        else schema.read(path / file, row)
        for file, row in reader.files.items()
    }
    if files[reader.main].empty:
        raise ValueError(f"{reader.main} has no row")
    _check_processes(state, files, settings.get(f"{reader.task}.processes"))
    facts, files = reader.condense(files)
    for frame in files.values():
        frame.insert(0, "run", path.name)
    environment = {f"environment.{key}": value for key, value in environment.items()}
    return _Folder(path.name, state, _text(status.get("started")), settings, environment, facts, files)


def _mapping(path: Path, load: Callable[[Path], Any]) -> dict[str, Any]:
    try:
        content = load(path)
    except FileNotFoundError as error:
        raise _LeftOutError(f"it has no {path.name}") from error
    except ValueError as error:
        raise ValueError(f"{path.name} cannot be read ({error})") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} does not hold keys and values")
    return content


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _check_processes(state: str, files: Frames, declared: int | None) -> None:
    """An interrupted run is used if two or more of its processes finished: one has no spread."""
    finished = len(files.get(PROCESSES, ()))
    if state == "interrupted" and finished < 2:
        raise _LeftOutError("its status is interrupted")
    if state == "done" and PROCESSES in files and finished != declared:
        raise ValueError(f"it holds {finished} of {declared} processes")


def _joined(folders: list[_Folder], reader: Reader) -> tuple[Runs, dict[str, str]]:
    """The valid folders of one task as frames, and the reason to reject each other folder, by name."""
    files: Frames = {}
    reasons: dict[str, str] = {}
    for file, row in reader.files.items():
        frames = [folder.files[file] for folder in folders]
        filled = [frame for frame in frames if not frame.empty] or frames[:1]
        files[file], wrong = checks.valid(pd.concat(filled, ignore_index=True), row, file)
        reasons |= {run: reason for run, reason in wrong.items() if run not in reasons}
    sound = [folder for folder in folders if folder.name not in reasons]
    if not sound:
        return Runs.none(reader), reasons
    names = [folder.name for folder in sound]
    files = {file: frame[frame["run"].isin(names)] for file, frame in files.items()}
    environment = pd.DataFrame([folder.environment for folder in sound], index=names, dtype=object)
    facts = pd.DataFrame([{"started": folder.started, **folder.facts} for folder in sound], index=names)
    summary, details = reader.summarise(environment.join(facts), files)
    rows = checks.table(names, summary, [folder.settings for folder in sound], environment)
    runs, incomplete = checks.complete(Runs(rows, details), reader, "environment.json")
    return runs, reasons | incomplete
