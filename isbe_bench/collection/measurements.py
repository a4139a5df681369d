"""Runs of the timed tasks, read back from their folders."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isbe_bench.collection.records import environment_of, settings_of
from isbe_bench.conditions import Conditions
from isbe_bench.interleaving import TWIN
from isbe_bench.tasks import head, measuring, timing


def usable(folder: Path, task: str) -> bool:
    """Whether an interrupted run has finished processes enough to say something of their spread."""
    path = folder / measuring.PROCESSES
    return task in ("timing", "head") and path.exists() and len(pd.read_csv(path)) >= 2


def read_timing(folder: Path, config: Any) -> tuple[dict[str, Any], pd.DataFrame]:
    """The row of `Measurements.runs` and the samples of a run of `task=timing`.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        A file that is missing, cannot be read, or holds what no run leaves.
    """
    samples = _samples(folder, timing.FILE, timing.Sample, ["forward_ms", "backward_ms"])
    modes = {*config["timing"]["losses"], config["timing"]["losses"][0] + TWIN}
    rounds = config["timing"]["warmup"] + config["timing"]["rounds"]
    row = {"dataset": config["dataset"]["name"], "net": config["arch"]["name"]}
    return row | _row(folder, config, samples, modes, rounds), samples


def read_head(folder: Path, config: Any) -> tuple[dict[str, Any], pd.DataFrame]:
    """The same for `task=head`."""
    samples = _samples(folder, head.FILE, head.Sample, ["gradient_ms"])
    modes = {*config["head"]["ways"], config["head"]["ways"][0] + TWIN, head.COPY}
    rounds = sum(config["head"]["warmup"] + size["rounds"] for size in config["head"]["sizes"])
    return _row(folder, config, samples, modes, rounds), samples


def _row(
    folder: Path, config: Any, samples: pd.DataFrame, modes: set[str], rounds: int
) -> dict[str, Any]:
    environment = json.loads((folder / "environment.json").read_text())
    processes = pd.read_csv(folder / measuring.PROCESSES)
    if missing := [
        field.name for field in dataclasses.fields(Conditions) if field.name not in processes
    ]:
        raise ValueError(f"{measuring.PROCESSES} has no column {', '.join(missing)}")
    for process in processes["process"]:
        of_process = samples[samples["process"] == process]
        if set(of_process["mode"]) != modes or len(of_process) != rounds * len(modes):
            raise ValueError(f"process {process} does not hold {rounds} rounds of {len(modes)} each")
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


def _samples(folder: Path, name: str, schema: type, times: list[str]) -> pd.DataFrame:
    samples = pd.read_csv(folder / name)
    if missing := [field.name for field in dataclasses.fields(schema) if field.name not in samples]:
        raise ValueError(f"{name} has no column {', '.join(missing)}")
    numbers = samples[times].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    if not (np.isfinite(numbers) & (numbers > 0)).all():
        raise ValueError(f"{name} has times that are no numbers above 0")
    finished = pd.read_csv(folder / measuring.PROCESSES)["process"]
    samples = samples[samples["process"].isin(finished)].reset_index(drop=True)
    samples.insert(0, "run", folder.name)
    return samples
