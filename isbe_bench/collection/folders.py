"""Run folders, as the suite leaves them, read into rows and details."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from isbe_bench.collection import measurements
from isbe_bench.collection.rows import settings_of
from isbe_bench.collection.tasks import TASKS, Found
from isbe_bench.config import digest

# libyaml's, where PyYAML has it: ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _LeftOutError(Exception):
    """A folder that gives nothing, and why."""


def read(runs: Path) -> tuple[dict[str, Found], set[str], list[str]]:
    """What the run folders below `runs` hold, by task; the folders' names; a line for each problem."""
    found = {name: task.nothing() for name, task in TASKS.items()}
    names, problems = set(), []
    for folder in sorted(path for path in runs.glob("*") if path.is_dir()):
        names.add(folder.name)
        status = "not known"
        try:
            status = json.loads((folder / "status.json").read_text())["status"]
            config: Any = yaml.load((folder / "config.yaml").read_text(), Loader=_LOADER)
            row, details = _run(folder, config, status)
        except _LeftOutError as reason:
            problems.append(f"{folder}: left out, {reason}")
        except KeyError as error:
            problems.append(f"{folder}: left out, a file of it has no {error}{_advice(status)}")
        except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
            problems.append(f"{folder}: left out, {' '.join(str(error).split())}{_advice(status)}")
        else:
            if status != "done":
                problems.append(
                    f"{folder}: {status}; its {row['processes']} finished processes are used"
                )
            of_task = found[config["task"]]
            of_task.rows.append(row)
            for frames, frame in zip(of_task.details, details, strict=True):
                frames.append(frame)
    return found, names, problems


def _run(folder: Path, config: Any, status: str) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    task = config["task"]
    if status != "done" and not (status == "interrupted" and measurements.usable(folder, task)):
        raise _LeftOutError(f"its status is {status}")
    if not folder.name.endswith(digest(settings_of(config))):
        raise _LeftOutError("its name does not fit its config.yaml: a copy?")
    row, details = TASKS[task].read(folder, config)
    count, declared = row.get("processes"), config[task].get("processes")
    if status == "done" and count != declared:
        raise ValueError(f"it holds {count} of {declared} processes")
    return row, details


def _advice(status: str) -> str:
    return "; the same isbe-bench command with force=true makes it anew" if status == "done" else ""
