"""Read what runs left behind as tidy frames, for tables and figures.

A run folder that cannot be read is named and left out; it never stops the rest.
"""

import dataclasses
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from isbe_bench.collection import measurements, settings, trainings
from isbe_bench.collection.records import settings_of
from isbe_bench.config import digest
from isbe_bench.records import write_atomically


@dataclasses.dataclass(frozen=True)
class Measurements:
    """All runs of one timed task.

    Attributes
    ----------
    runs
        A row a run: `run` (its folder), `dataset` and `net` where the task has them, `device` (its
        name), `seed`, `settings` (as in `Collection.runs`), `processes` (how many have finished),
        `disturbed` (how many of them are not to be trusted), `foreign_cpu_share` (the largest of
        them, in [0, 1]), `started`, and configuration and environment as in `Collection.runs`.
    samples
        A row a sample: `run` and the columns of the task's CSV file.
    """

    runs: pd.DataFrame
    samples: pd.DataFrame


@dataclasses.dataclass(frozen=True)
class Collection:
    """The finished runs of a results folder.

    Attributes
    ----------
    runs
        A row a training: `run` (its folder), `dataset`, `net`, `mode`, `seed`, `settings` (what sets
        its table row apart from others of the same net and data set, empty where nothing does),
        `alpha` and `tau` in percent, `disturbed` (whether its times are not to be trusted, because
        other processes took the CPU), the flattened configuration without paths, and its environment
        with the prefix `environment.`.
    epochs
        A row an epoch of a training, with the columns of `epochs.csv` and `run`.
    timing, head
        What runs of `task=timing` and `task=head` measured; of an interrupted one, what its finished
        processes measured.
    problems
        A line a folder that was left out, wholly or in part: which, and why.
    """

    runs: pd.DataFrame
    epochs: pd.DataFrame
    timing: Measurements
    head: Measurements
    problems: list[str]

    @property
    def empty(self) -> bool:
        """Whether there is no run of any task."""
        return self.runs.empty and self.timing.runs.empty and self.head.runs.empty


_READERS: dict[str, Callable[[Path, Any], tuple[dict[str, Any], pd.DataFrame]]] = {
    "train": trainings.read,
    "timing": measurements.read_timing,
    "head": measurements.read_head,
}


def collect(results_dir: Path) -> Collection:
    """Read all run folders below `results_dir/runs`."""
    read: dict[str, list[tuple[dict[str, Any], pd.DataFrame]]] = {task: [] for task in _READERS}
    problems = []
    for folder in sorted(path for path in (results_dir / "runs").glob("*") if path.is_dir()):
        status = "not known"
        try:
            status = json.loads((folder / "status.json").read_text())["status"]
            config: Any = OmegaConf.to_container(OmegaConf.load(folder / "config.yaml"))
            task = config["task"]
            if status != "done" and not (status == "interrupted" and measurements.usable(folder, task)):
                problems.append(f"{folder}: left out, its status is {status}")
                continue
            if not folder.name.endswith(digest(settings_of(config))):
                problems.append(f"{folder}: left out, its name does not fit its config.yaml: a copy?")
                continue
            found = _READERS[task](folder, config)
            count, declared = found[0].get("processes"), config[task].get("processes")
            if status == "done" and count != declared:
                raise ValueError(f"it holds {count} of {declared} processes")
            if status != "done":
                problems.append(
                    f"{folder}: {status}; its {found[0]['processes']} finished processes are used"
                )
            read[task].append(found)
        except KeyError as error:
            problems.append(f"{folder}: left out, a file of it has no {error}{_advice(status)}")
        except (OSError, ValueError, TypeError, YAMLError, OmegaConfBaseException) as error:
            problems.append(f"{folder}: left out, {' '.join(str(error).split())}{_advice(status)}")
    runs, epochs = _frames(read["train"])
    return Collection(
        runs,
        epochs,
        Measurements(*_frames(read["timing"])),
        Measurements(*_frames(read["head"])),
        problems,
    )


def _frames(read: list[tuple[dict[str, Any], pd.DataFrame]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All rows of runs in one frame, with their settings, and all of their details in another."""
    if not read:
        return pd.DataFrame(), pd.DataFrame()
    rows = [row for row, _ in read]
    # Objects: pandas would turn the integers of a column in which some run has no value into floats.
    runs = pd.DataFrame(rows, dtype=object)
    numbers = ("seed", "alpha", "tau", "disturbed", "processes", "foreign_cpu_share")
    runs = runs.astype({name: type(rows[0][name]) for name in numbers if name in rows[0]})
    runs.insert(list(runs).index("seed") + 1, "settings", settings.of(rows))
    return runs, pd.concat([details for _, details in read], ignore_index=True)


def write(collection: Collection, folder: Path) -> list[Path]:
    """Write what a results folder is worth keeping for.

    Trainings as `runs.csv` and `epochs.csv`; timed tasks as `timing_runs.csv` and `head_runs.csv`,
    their raw samples as `timing.csv.gz` and `head.csv.gz`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, frame in (
        ("runs.csv", collection.runs),
        ("epochs.csv", collection.epochs),
        ("timing_runs.csv", collection.timing.runs),
        ("timing.csv.gz", collection.timing.samples),
        ("head_runs.csv", collection.head.runs),
        ("head.csv.gz", collection.head.samples),
    ):
        path = folder / name
        if frame.empty:
            path.unlink(missing_ok=True)  # of runs that are no more
            continue
        content = frame.to_csv(index=False).encode()
        # Without a time, so that the same records give the same file.
        write_atomically(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
        written.append(path)
    return written


def _advice(status: str) -> str:
    return "; the same isbe-bench command with force=true makes it anew" if status == "done" else ""
