"""Run folders, as the suite leaves them, read into rows and details."""

from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from isbe_bench.analysis.collection import measurements
from isbe_bench.analysis.collection.rows import read_json, settings_of
from isbe_bench.analysis.collection.tasks import TASKS, Found
from isbe_bench.settings.identity import digest

# libyaml's, where PyYAML has it: ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _LeftOutError(Exception):
    """A folder that gives nothing, and why."""


def read(runs: Path) -> tuple[dict[str, Found], dict[str, str], list[str]]:
    """What the run folders below `runs` hold, by task; a line for each that is left out, by its name;
    a line for each of which a part is used.
    """
    parts: dict[str, list[tuple[dict[str, Any], list[pd.DataFrame]]]] = {name: [] for name in TASKS}
    left_out, partial = {}, []
    for folder in sorted(path for path in runs.glob("*") if path.is_dir()):
        reason, status = "", "not known"
        try:
            status = read_json(folder / "status.json")["status"]
            config: Any = yaml.load((folder / "config.yaml").read_text(), Loader=_LOADER)
            row, details = _run(folder, config, status)
        except _LeftOutError as error:
            reason = str(error)
        except KeyError as error:
            reason = f"a file of it has no {error}{_advice(status)}"
        except TypeError:
            reason = f"a file of it is not what a run writes{_advice(status)}"
        except (OSError, ValueError, yaml.YAMLError) as error:
            reason = f"{' '.join(str(error).split())}{_advice(status)}"
        else:
            if status != "done":
                count = row["processes"]
                partial.append(f"{folder}: {status}; its {count} finished processes are used")
            parts[config["task"]].append((row, details))
        if reason:
            left_out[folder.name] = f"{folder}: left out, {reason}"
    found = {}
    for name, task in TASKS.items():
        rows = [row for row, _ in parts[name]]
        kinds = zip(*(details for _, details in parts[name]), strict=True)
        found[name], flaws = task.sound(Found(rows, [pd.concat(frames) for frames in kinds]))
        left_out |= {
            run: f"{runs / run}: left out, {reason}{_advice('done')}" for run, reason in flaws.items()
        }
    return found, left_out, partial


def _run(folder: Path, config: Any, status: str) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    task = config["task"]
    if status != "done" and not (status == "interrupted" and measurements.usable(folder, task)):
        raise _LeftOutError(f"its status is {status}")
    if not folder.name.endswith(digest(settings_of(config))):
        raise _LeftOutError("its name does not fit its config.yaml: a copy, or edited?")
    row, details = TASKS[task].read(folder, config)
    count, declared = row.get("processes"), config[task].get("processes")
    if status == "done" and count != declared:
        raise ValueError(f"it holds {count} of {declared} processes")
    return row, details


def _advice(status: str) -> str:
    return "; the same isbe-bench command with force=true makes it anew" if status == "done" else ""
