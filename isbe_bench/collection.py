"""Read what runs left behind as tidy frames, for tables and figures.

A run folder that cannot be read is named and left out; it never stops the rest.
"""

import dataclasses
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from isbe_bench import composition
from isbe_bench.conditions import MAX_FOREIGN_CPU_SHARE
from isbe_bench.config import Config, TrainConfig, flatten
from isbe_bench.records import write_atomically
from isbe_bench.training import Epoch

EPOCH_COLUMNS = [field.name for field in dataclasses.fields(Epoch)]
_GROUPS = [field.name for field in dataclasses.fields(TrainConfig)]


@dataclasses.dataclass(frozen=True)
class Collection:
    """The finished runs of a results folder.

    Attributes
    ----------
    runs
        A row a run: `run` (its folder), `dataset`, `net`, `mode`, `seed`, `settings` (what sets its
        table row apart from others of the same net and data set, empty where nothing does), `alpha`
        and `tau` in percent, `disturbed` (whether its times are not to be trusted, because other
        processes took the CPU), the flattened configuration without paths, and its environment with
        the prefix `environment.`.
    epochs
        A row an epoch, with the columns of `epochs.csv` and `run`.
    problems
        A line a folder that was left out: which, and why.
    """

    runs: pd.DataFrame
    epochs: pd.DataFrame
    problems: list[str]


def collect(results_dir: Path) -> Collection:
    """Read all run folders below `results_dir/runs`."""
    rows, curves, problems = [], [], []
    folders = sorted(path for path in (results_dir / "runs").glob("*") if path.is_dir())
    for folder in folders:
        status = "not known"
        try:
            status = json.loads((folder / "status.json").read_text())["status"]
            if status != "done":
                problems.append(f"{folder}: left out, its status is {status}")
                continue
            row, epochs = _read_run(folder)
        except KeyError as error:
            problems.append(f"{folder}: left out, a file of it has no {error}{_advice(status)}")
        except (OSError, ValueError, TypeError, YAMLError, OmegaConfBaseException) as error:
            problems.append(f"{folder}: left out, {' '.join(str(error).split())}{_advice(status)}")
        else:
            rows.append(row)
            curves.append(epochs)
    if not rows:
        return Collection(pd.DataFrame(), pd.DataFrame(), problems)
    # Objects: pandas would turn the integers of a column in which some run has no value into floats.
    runs = pd.DataFrame(rows, dtype=object)
    runs = runs.astype({"seed": int, "alpha": float, "tau": float, "disturbed": bool})
    runs.insert(5, "settings", _settings(rows))
    return Collection(runs, pd.concat(curves, ignore_index=True), problems)


def write(collection: Collection, folder: Path) -> list[Path]:
    """Write the frames as `runs.csv` and `epochs.csv`: what a results folder is worth keeping for."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, frame in (("runs", collection.runs), ("epochs", collection.epochs)):
        path = folder / f"{name}.csv"
        write_atomically(path, frame.to_csv(index=False))
        written.append(path)
    return written


def _read_run(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    config: Any = OmegaConf.to_container(OmegaConf.load(folder / "config.yaml"))
    environment = json.loads((folder / "environment.json").read_text())
    epochs = pd.read_csv(folder / "epochs.csv")
    _check(config, environment, epochs)
    row = {
        "run": folder.name,
        "dataset": config["dataset"]["name"],
        "net": config["arch"]["name"],
        "mode": config["loss"]["name"],
        "seed": config["seed"],
        "alpha": epochs["test_accuracy"].iloc[-1],
        "tau": _tau(epochs),
        "disturbed": environment["foreign_cpu_share"] > MAX_FOREIGN_CPU_SHARE,
        **{key: value for key, value in flatten(config).items() if key not in Config.NOT_IDENTITY},
        **{f"environment.{key}": value for key, value in environment.items()},
    }
    epochs.insert(0, "run", folder.name)
    return row, epochs


def _check(config: Any, environment: Any, epochs: pd.DataFrame) -> None:
    """ValueError or KeyError for a record that no finished run leaves."""
    if missing := [column for column in EPOCH_COLUMNS if column not in epochs]:
        raise ValueError(f"epochs.csv has no column {', '.join(missing)}")
    for group in ("dataset", "arch", "loss"):
        name = config[group]["name"]
        if name not in composition.choices(group):
            raise ValueError(f"config.yaml has {group}.name={name}")
    numbers = epochs[EPOCH_COLUMNS].apply(pd.to_numeric, errors="coerce")
    if not np.isfinite(numbers.to_numpy(dtype=float)).all():
        raise ValueError("epochs.csv has values that are not numbers")
    if numbers["epoch"].tolist() != list(range(1, config["train"]["epochs"] + 1)):
        raise ValueError(f"epochs.csv does not hold epochs 1 to {config['train']['epochs']}, once each")
    accuracies = numbers.filter(like="_accuracy").to_numpy()
    if accuracies.min() < 0 or accuracies.max() > 100:
        raise ValueError("epochs.csv has accuracies outside of 0 to 100")
    if not (numbers[["forward_ms", "backward_ms"]] > 0).all(axis=None):
        raise ValueError("epochs.csv has phases that took no time")
    if not isinstance(config["seed"], int):
        raise ValueError(f"config.yaml has seed={config['seed']}")
    if not 0 <= environment["foreign_cpu_share"] <= 1:
        raise ValueError(f"environment.json has foreign_cpu_share={environment['foreign_cpu_share']}")


def _tau(epochs: pd.DataFrame) -> float:
    """The share of backward in forward and backward time (paper, Formula 7), in percent.

    The first epoch is warm-up, unless it is the only one.
    """
    timed = epochs.iloc[1:] if len(epochs) > 1 else epochs
    forward, backward = timed["forward_ms"].sum(), timed["backward_ms"].sum()
    return float(100 * backward / (forward + backward))


_PLACE = {"dataset.name", "arch.name", "loss.name", "seed"}
"""What gives a run its row, column or seed in a table, and so is no setting."""


def _settings(rows: list[dict[str, Any]]) -> list[str]:
    """Per run, the keys whose values differ among runs of the same net and data set.

    Runs that differ in them must not be averaged. Cross-entropy has no options of ISBE, and ISBE none
    of cross-entropy; a run counts as having the value that most runs of its group have.
    """
    values: dict[tuple[str, str], dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in rows:
        for key in row:
            if key.split(".")[0] in _GROUPS and key not in _PLACE:
                values[row["dataset"], row["net"]][key][_word(row[key])] += 1
    settings = []
    for row in rows:
        words = {
            key: _word(row[key]) if key in row else counts.most_common(1)[0][0]
            for key, counts in values[row["dataset"], row["net"]].items()
            if len(counts) > 1
        }
        settings.append(" ".join(f"{key}={words[key]}" for key in sorted(words)))
    return settings


def _word(value: Any) -> str:
    return "null" if value is None else str(value)


def _advice(status: str) -> str:
    return "; the same isbe-bench command with force=true makes it anew" if status == "done" else ""
