"""One run of `task=train`, read back from its folder."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isbe_bench import composition
from isbe_bench.collection.rows import environment_of, settings_of
from isbe_bench.conditions import MAX_FOREIGN_CPU_SHARE
from isbe_bench.training import Epoch

COLUMNS = ("run", "dataset", "net", "mode", "seed", "alpha", "tau", "test_images", "disturbed")
"""Of a training's row, but for its configuration and environment."""
EPOCH_COLUMNS = [field.name for field in dataclasses.fields(Epoch)]
ERROR_COLUMNS = ("run", "image", "label", "prediction")


def read(folder: Path, config: Any) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    """Its row of `Collection.runs`, its epochs and its errors.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        A file that is missing, cannot be read, or holds what no finished run leaves.
    """
    environment = json.loads((folder / "environment.json").read_text())
    epochs = pd.read_csv(folder / "epochs.csv")
    predictions = pd.read_csv(folder / "predictions.csv")
    _check(config, environment, epochs)
    alpha = float(epochs["test_accuracy"].iloc[-1])
    errors = _errors(predictions, alpha)
    row = {
        "run": folder.name,
        "dataset": config["dataset"]["name"],
        "net": config["arch"]["name"],
        "mode": config["loss"]["name"],
        "seed": config["seed"],
        "alpha": alpha,
        "tau": _tau(epochs),
        "test_images": len(predictions),
        "disturbed": bool(environment["foreign_cpu_share"] > MAX_FOREIGN_CPU_SHARE),
        **settings_of(config),
        **environment_of(environment),
    }
    for details in (epochs, errors):
        details.insert(0, "run", folder.name)
    return row, [epochs, errors]


def _errors(predictions: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """The images that are classified wrong; ValueError where they do not give this alpha."""
    if missing := [column for column in ("label", "prediction") if column not in predictions]:
        raise ValueError(f"predictions.csv has no column {', '.join(missing)}")
    if not (predictions.dtypes == np.int64).all():
        raise ValueError("predictions.csv has classes that are not integers")
    wrong = predictions["label"] != predictions["prediction"]
    # A GPU may decide an image of a thousand otherwise when it is asked again.
    if abs(wrong.sum() - (1 - alpha / 100) * len(wrong)) > math.ceil(len(wrong) / 1000):
        raise ValueError(
            f"predictions.csv has {wrong.sum()} errors in {len(wrong)} images, "
            f"and epochs.csv ends at {alpha:.2f}%"
        )
    return predictions[wrong].rename_axis("image").reset_index()[list(ERROR_COLUMNS[1:])]


def _check(config: Any, environment: Any, epochs: pd.DataFrame) -> None:
    """ValueError or KeyError for a record that no finished run leaves."""
    if missing := [column for column in EPOCH_COLUMNS if column not in epochs]:
        raise ValueError(f"epochs.csv has no column {', '.join(missing)}")
    for group in ("dataset", "arch", "loss"):
        name = config[group]["name"]
        if name not in composition.choices(group):
            raise ValueError(f"config.yaml has {group}.name={name}")
    numbers = epochs[EPOCH_COLUMNS]
    if not all(kind.kind in "if" for kind in numbers.dtypes):
        raise ValueError("epochs.csv has values that are not numbers")
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
