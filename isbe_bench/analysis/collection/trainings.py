"""Runs of `task=train`: read back from their folders, and checked, wherever they were read from."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isbe_bench.analysis.collection.rows import environment_of, numeric, read_csv, read_json, settings_of
from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.runs.rows import MAX_FOREIGN_CPU_SHARE, Epoch
from isbe_bench.settings import composition

COLUMNS = ("run", "dataset", "net", "mode", "seed", "alpha", "tau", "test_images", "disturbed")
"""Of a training's row, but for its configuration and environment."""
_CHECKED = ("train.epochs", "device.name")
"""Of its configuration, what its details are checked by."""
EPOCH_COLUMNS = [field.name for field in dataclasses.fields(Epoch)]
ERROR_COLUMNS = ("run", "image", "label", "prediction")


def read(folder: Path, config: Any) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    """Its row of `Collection.runs`, its epochs and its errors.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        A file that is missing, or cannot be read.
    """
    environment = read_json(folder / "environment.json")
    epochs = read_csv(folder / "epochs.csv", EPOCH_COLUMNS)
    if epochs.empty:
        raise ValueError("epochs.csv has no row")
    predictions = read_csv(folder / "predictions.csv", ["label", "prediction"])
    numbers = numeric(epochs[EPOCH_COLUMNS])
    if not 0 <= environment["foreign_cpu_share"] <= 1:
        raise ValueError(f"environment.json has foreign_cpu_share={environment['foreign_cpu_share']}")
    row = {
        "run": folder.name,
        "dataset": config["dataset"]["name"],
        "net": config["arch"]["name"],
        "mode": config["loss"]["name"],
        "seed": config["seed"],
        "alpha": float(numbers["test_accuracy"].iloc[-1]),
        "tau": _tau(numbers),
        "test_images": len(predictions),
        "disturbed": bool(environment["foreign_cpu_share"] > MAX_FOREIGN_CPU_SHARE),
        **settings_of(config),
        **environment_of(environment),
    }
    wrong = predictions[predictions["label"] != predictions["prediction"]]
    errors = wrong.rename_axis("image").reset_index()[list(ERROR_COLUMNS[1:])]
    for details in (epochs, errors):
        details.insert(0, "run", folder.name)
    return row, [epochs, errors]


def flaws(rows: list[dict[str, Any]], epochs: pd.DataFrame, errors: pd.DataFrame) -> dict[str, str]:
    """By run, what no finished training leaves; the first thing of each."""
    runs = pd.DataFrame(rows, columns=[*COLUMNS, *_CHECKED], dtype=object).set_index("run")
    of_curves = _of_curves(runs, epochs)
    of_errors = _of_errors(runs, errors)
    found = {row["run"]: _of_row(row) for row in rows}
    return {
        run: reason
        for run, of_row in found.items()
        if (reason := of_curves.get(run) or of_row or of_errors.get(run))
    }


def _of_row(row: dict[str, Any]) -> str | None:
    for group, key in (("dataset", "dataset"), ("arch", "net"), ("loss", "mode")):
        if row.get(key) not in composition.choices(group) or row[key] != row.get(f"{group}.name"):
            return f"it has {key}={row.get(key)}"
    if type(row["seed"]) is not int:
        return f"it has seed={row['seed']}"
    images = row.get("test_images")
    if type(images) is not int or images < 1:
        return f"it has test_images={images}"
    dataset = DATASETS.get(row["dataset"])
    if dataset and images != (expected := dataset.test_images):
        return f"predictions.csv holds {images} of {expected} test images"
    return None


def _of_curves(runs: pd.DataFrame, epochs: pd.DataFrame) -> dict[str, str]:
    numbers = numeric(epochs[EPOCH_COLUMNS])
    accuracies = numbers.filter(like="_accuracy")
    by_run = numbers["epoch"].groupby(epochs["run"]).agg(["size", "nunique", "min", "max"])
    length = pd.to_numeric(runs["train.epochs"], errors="coerce").reindex(by_run.index)
    whole = (by_run["min"] == 1) & by_run.drop(columns="min").eq(length, axis=0).all(axis=1)
    last = numbers["epoch"] == epochs["run"].map(length)
    ends = numbers["test_accuracy"][last].groupby(epochs["run"][last]).first()
    alpha = pd.to_numeric(runs["alpha"], errors="coerce").reindex(by_run.index)
    outside = accuracies.lt(0) | accuracies.gt(100)
    losses = numbers.filter(like="_loss")
    endless = numbers.isna() | numbers.isin([np.inf, -np.inf])
    timeless = numbers[["forward_ms", "backward_ms"]].le(0)
    found = {str(run): "epochs.csv has no row of it" for run in runs.index.difference(by_run.index)}
    for reason, rows in (
        ("has values that are not numbers", endless.any(axis=1)),
        ("has accuracies outside of 0 to 100", outside.any(axis=1)),
        ("has losses below 0", losses.lt(0).any(axis=1)),
        ("has phases that took no time", timeless.any(axis=1)),
    ):
        found = dict.fromkeys(epochs["run"][rows], f"epochs.csv {reason}") | found
    ends_right = ends.reindex(by_run.index).sub(alpha).abs() < 1e-9
    for run in map(str, by_run.index):
        if not whole[run]:
            found.setdefault(run, f"epochs.csv does not hold epochs 1 to {length[run]:.0f}, once each")
        if not ends_right[run]:
            found.setdefault(run, f"epochs.csv does not end at alpha={alpha[run]}")
    return found


def _of_errors(runs: pd.DataFrame, errors: pd.DataFrame) -> dict[str, str]:
    numbers = numeric(errors[list(ERROR_COLUMNS[1:])])
    images = errors["run"].map(pd.to_numeric(runs["test_images"], errors="coerce"))
    odd = (numbers % 1 != 0).any(axis=1) | (numbers < 0).any(axis=1) | (numbers["image"] >= images)
    odd |= errors.duplicated(["run", "image"]) | (numbers["label"] == numbers["prediction"])
    found = dict.fromkeys(errors["run"][odd], "it has errors that are no images classified wrong")
    counts = errors["run"].value_counts()
    columns = [runs[name] for name in ("test_images", "alpha", "device.name")]
    for run, count, alpha, device in zip(runs.index, *columns, strict=True):
        wrong = int(counts.get(run, 0))
        # A GPU may decide an image of a thousand otherwise when it is asked again.
        few = 0.5 if device == "cpu" else -(-count // 1000)
        if not abs(wrong - (1 - alpha / 100) * count) <= few:
            told = f"it has {wrong} errors in {count} images, and ends at {alpha:.2f}%"
            found.setdefault(str(run), told)
    return found


def _tau(epochs: pd.DataFrame) -> float:
    """The share of backward in forward and backward time (paper, Formula 7), in percent.

    The first epoch is warm-up, unless it is the only one.
    """
    timed = epochs.iloc[1:] if len(epochs) > 1 else epochs
    forward, backward = timed["forward_ms"].sum(), timed["backward_ms"].sum()
    return float(100 * backward / (forward + backward))
