"""Runs of the timed tasks, read back from their folders."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isbe_bench.collection.rows import environment_of, settings_of
from isbe_bench.conditions import Conditions
from isbe_bench.interleaving import TWIN
from isbe_bench.tasks import head, measuring, timing


def usable(folder: Path, task: str) -> bool:
    """Whether an interrupted run has finished processes enough to say something of their spread."""
    path = folder / measuring.PROCESSES
    return task in ("timing", "head") and path.exists() and len(pd.read_csv(path)) >= 2


def read_timing(folder: Path, config: Any) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    """The row of `Measurements.runs` and the samples of a run of `task=timing`.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        A file that is missing, cannot be read, or holds what no run leaves.
    """
    processes, settings = _processes(folder), config["timing"]
    samples = _samples(folder, timing.FILE, timing.Sample, ["forward_ms", "backward_ms"], processes)
    modes = [*settings["losses"], settings["losses"][0] + TWIN]
    _check(samples, processes, modes, settings["warmup"], settings["rounds"])
    row = {"dataset": config["dataset"]["name"], "net": config["arch"]["name"]}
    return row | _row(folder, config, processes), [samples]


def read_head(folder: Path, config: Any) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    """The same for `task=head`."""
    processes, settings = _processes(folder), config["head"]
    samples = _samples(folder, head.FILE, head.Sample, ["gradient_ms"], processes)
    modes = [*settings["ways"], settings["ways"][0] + TWIN, head.COPY]
    by_size = dict(iter(samples.groupby(["classes", "batch_size"])))
    for size in settings["sizes"]:
        of_size = by_size.get((size["classes"], size["batch_size"]), samples.head(0))
        _check(of_size, processes, modes, settings["warmup"], size["rounds"])
    return _row(folder, config, processes), [samples]


def _processes(folder: Path) -> pd.DataFrame:
    processes = pd.read_csv(folder / measuring.PROCESSES)
    names = [field.name for field in dataclasses.fields(Conditions)]
    if missing := [name for name in names if name not in processes]:
        raise ValueError(f"{measuring.PROCESSES} has no column {', '.join(missing)}")
    return processes


def _check(
    samples: pd.DataFrame, processes: pd.DataFrame, modes: list[str], warmup: int, rounds: int
) -> None:
    """ValueError unless each process has each mode once a round, the warm-up marked as declared."""
    expected = pd.MultiIndex.from_product(
        [sorted(processes["process"]), sorted(modes), range(warmup + rounds)]
    )
    keys = ["process", "mode", "round"]
    found = samples.sort_values(keys)
    if not pd.MultiIndex.from_frame(found[keys]).equals(expected):
        raise ValueError(
            f"its samples do not hold {warmup + rounds} rounds of {len(modes)} in each of "
            f"{len(processes)} processes"
        )
    if not ((found["warmup"] == 1) == (found["round"] < warmup)).all():
        raise ValueError(f"its samples do not mark the first {warmup} rounds as warm-up")


def _row(folder: Path, config: Any, processes: pd.DataFrame) -> dict[str, Any]:
    environment = json.loads((folder / "environment.json").read_text())
    return {
        "run": folder.name,
        "device": environment["device"],
        "seed": config["seed"],
        "processes": len(processes),
        "disturbed": int(processes["disturbed"].notna().sum()),
        "foreign_cpu_share": float(processes["foreign_cpu_share"].max()),
        "clock_ms": float(processes["clock_ms"].median()),
        "started": str(processes["started"].min()),
        **settings_of(config),
        **environment_of(environment),
    }


def _samples(
    folder: Path, name: str, schema: type, times: list[str], processes: pd.DataFrame
) -> pd.DataFrame:
    samples = pd.read_csv(folder / name)
    if missing := [field.name for field in dataclasses.fields(schema) if field.name not in samples]:
        raise ValueError(f"{name} has no column {', '.join(missing)}")
    numbers = samples[times].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    if not (np.isfinite(numbers) & (numbers > 0)).all():
        raise ValueError(f"{name} has times that are no numbers above 0")
    # Behind them may be those of a process that was not yet noted as finished.
    samples = samples[samples["process"].isin(processes["process"])].reset_index(drop=True)
    samples.insert(0, "run", folder.name)
    return samples
