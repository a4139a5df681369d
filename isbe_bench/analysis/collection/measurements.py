"""Runs of the timed tasks: read back from their folders, and checked, wherever they were read from."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isbe_bench.analysis.collection.rows import (
    environment_of,
    flaws,
    numeric,
    read_csv,
    read_json,
    settings_of,
)
from isbe_bench.catalogue.heads import COPY
from isbe_bench.catalogue.losses import TWIN
from isbe_bench.runs.rows import HEAD, PROCESSES, TIMING, Conditions, HeadSample, TimingSample


def usable(folder: Path, task: str) -> bool:
    """Whether an interrupted run has finished processes enough to say something of their spread."""
    path = folder / PROCESSES
    return task in ("timing", "head") and path.exists() and len(pd.read_csv(path)) >= 2


def read_timing(folder: Path, config: Any) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    """The row of `Measurements.runs` and the samples of a run of `task=timing`.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        A file that is missing, or cannot be read.
    """
    processes = _processes(folder)
    row = {"dataset": config["dataset"]["name"], "net": config["arch"]["name"]}
    samples = _samples(folder, TIMING, TimingSample, processes)
    return row | _row(folder, config, processes), [samples]


def read_head(folder: Path, config: Any) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    """The same for `task=head`."""
    processes = _processes(folder)
    samples = _samples(folder, HEAD, HeadSample, processes)
    return _row(folder, config, processes), [samples]


def timing_flaws(rows: list[dict[str, Any]], samples: pd.DataFrame) -> dict[str, str]:
    """By run, what no measurement leaves."""
    return flaws(rows, samples, _of_timing)


def head_flaws(rows: list[dict[str, Any]], samples: pd.DataFrame) -> dict[str, str]:
    """The same for `task=head`."""
    return flaws(rows, samples, _of_head)


def _of_timing(row: dict[str, Any], samples: pd.DataFrame) -> None:
    _check_disturbed(row)
    modes = [*row["timing.losses"], row["timing.losses"][0] + TWIN]
    _check_times(samples, TIMING, "forward_ms", "backward_ms")
    _check_rounds(samples, row["processes"], modes, row["timing.warmup"], row["timing.rounds"])


def _of_head(row: dict[str, Any], samples: pd.DataFrame) -> None:
    _check_disturbed(row)
    modes = [*row["head.ways"], row["head.ways"][0] + TWIN, COPY]
    _check_times(samples, HEAD, "gradient_ms")
    if not numeric(samples[["peak_bytes"]])["peak_bytes"].between(0, np.inf, inclusive="left").all():
        raise ValueError(f"{HEAD} has peak_bytes that are no numbers of bytes")
    by_size = dict(iter(samples.groupby(["classes", "batch_size"])))
    for size in row["head.sizes"]:
        of_size = by_size.get((size["classes"], size["batch_size"]), samples.head(0))
        _check_rounds(of_size, row["processes"], modes, row["head.warmup"], size["rounds"])


def _check_disturbed(row: dict[str, Any]) -> None:
    if not 0 <= row["disturbed"] <= row["processes"] or not row["processes"] > 0:
        raise ValueError(f"it has {row['disturbed']} of {row['processes']} processes disturbed")


def _check_times(samples: pd.DataFrame, file: str, *columns: str) -> None:
    numbers = numeric(samples[list(columns)]).to_numpy()
    if not (np.isfinite(numbers) & (numbers > 0)).all():
        raise ValueError(f"{file} has times that are no numbers above 0")


def _processes(folder: Path) -> pd.DataFrame:
    names = [field.name for field in dataclasses.fields(Conditions)]
    return read_csv(folder / PROCESSES, names)


def _check_rounds(
    samples: pd.DataFrame, processes: int, modes: list[str], warmup: int, rounds: int
) -> None:
    """ValueError unless each process has each mode once a round, the warm-up marked as declared."""
    expected = pd.MultiIndex.from_product([range(processes), sorted(modes), range(warmup + rounds)])
    keys = ["process", "mode", "round"]
    found = samples.sort_values(keys)
    if not pd.MultiIndex.from_frame(found[keys]).equals(expected):
        raise ValueError(
            f"its samples do not hold {warmup + rounds} rounds of {len(modes)} in each of "
            f"{processes} processes"
        )
    if not ((found["warmup"] == 1) == (found["round"] < warmup)).all():
        raise ValueError(f"its samples do not mark the first {warmup} rounds as warm-up")


def _row(folder: Path, config: Any, processes: pd.DataFrame) -> dict[str, Any]:
    environment = read_json(folder / "environment.json")
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


def _samples(folder: Path, name: str, schema: type, processes: pd.DataFrame) -> pd.DataFrame:
    samples = read_csv(folder / name, [field.name for field in dataclasses.fields(schema)])
    # Behind them may be those of a process that was not yet noted as finished.
    samples = samples[samples["process"].isin(processes["process"])].reset_index(drop=True)
    samples.insert(0, "run", folder.name)
    return samples
