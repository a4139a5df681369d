"""Run folders as finished trainings leave them, with made-up numbers."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from conftest import Make, MakeTiming

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect
from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.catalogue.losses import TWIN
from isbe_bench.data import samples
from isbe_bench.publication import claims, tables
from isbe_bench.runs import manifest
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import Conditions, Diagnostic, Epoch, Signal, Stopped, TimingSample
from isbe_bench.settings import identity
from isbe_bench.tasks.train.settings import ReadyTraining

ORIGIN = {
    "isbe_bench": "0.1.0",
    "git_revision": "0123456789abcdef",
    "git_dirty": False,
    "device": "a CPU",
    "threads": 2,
    "torch": "2.13.0",
}
"""What every task records of where it ran."""


def record(
    make_config: Make, alpha: float, *overrides: str, epochs: int = 3, **details: Any
) -> RunFolder:
    """`leave` for a configuration from overrides."""
    return leave(make_config(f"train.epochs={epochs}", *overrides), alpha, **details)


def leave(
    config: ReadyTraining,
    alpha: float,
    losses: Sequence[float] | None = None,
    jitter: float = 0.0,
    validation: float | None = None,
    validation_loss: float = 0.4,
    ranks: Sequence[int] | None = None,
    diagnostics: Sequence[Diagnostic] = (),
    signals: Sequence[Signal] = (),
    stop: Stopped | None = None,
    **origin: Any,
) -> RunFolder:
    """A training that ends at `alpha`, with times of 40 and 60 ms after the first epoch.

    `losses` are its training and test losses by epoch; test accuracies zigzag by `jitter` on their way,
    and validation accuracies are the same unless they are all `validation`. The test images are of the
    classes 1 and 2 in turn, and those that it gets wrong are the first ones.
    """
    epochs = config.train.epochs
    folder = RunFolder(config)
    folder.begin(ORIGIN | {"foreign_cpu_share": 0.0} | origin)
    accuracies = np.linspace(alpha - 5, alpha, epochs) + jitter * (-1.0) ** np.arange(epochs)
    accuracies[-1] = alpha
    rows = []
    for number, accuracy in enumerate(map(float, accuracies)):
        loss = losses[number] if losses else 1 / (number + 1)
        forward = 999.0 if number == 0 else 40.0
        on_validation = accuracy if validation is None else validation
        curves = (loss, accuracy, 0.5, validation_loss, on_validation, loss, accuracy)
        rows.append(Epoch(number + 1, 0.01, *curves, forward, 60.0, 5.0, 5.0, 1.0))
    folder.write_rows("epochs.csv", rows)
    images = DATASETS[config.dataset.name].test_images
    wrong = round(images * (1 - alpha / 100))
    labels = [1 + image % 2 for image in range(images)]
    folder.write_predictions(labels, [0] * wrong + labels[wrong:], ranks)
    if diagnostics:
        folder.write_rows("diagnostics.csv", diagnostics)
    if signals:
        folder.write_rows("signals.csv", signals)
    if stop:
        folder.write_rows("stop.csv", [stop])
    folder.end("done")
    return folder


def make_own(folder: RunFolder, **parts: Mapping[str, object]) -> Path:
    """Turn a finished training into one with parts of the user's own: `loss={"name": "focal"}`."""
    config = yaml.safe_load((folder.path / "config.yaml").read_text())
    for group, values in parts.items():
        config[group] |= values
    settings = identity.flatten(config)
    settings = {key: value for key, value in settings.items() if key not in identity.NOT_IDENTITY}
    own = folder.path.rename(folder.path.with_name(f"train-own-{identity.digest(settings)}"))
    (own / "config.yaml").write_text(yaml.dump(config))
    manifest.write(own)
    return own


NAN = float("nan")
FORWARD, BACKWARD = 4.0, 6.0


def record_times(
    make_timing: MakeTiming,
    *overrides: str,
    forward: dict[str, float] | None = None,
    backward: dict[str, float] | None = None,
    noise: float = 0.001,
    disturbed: int = 0,
    environment: dict[str, object] | None = None,
) -> str:
    """A run folder as a finished timing leaves it: 4 and 6 ms, times factors by mode, times noise."""
    made = make_timing("timing.processes=5", "timing.rounds=20", "timing.warmup=2", *overrides)
    folder = RunFolder(made)
    folder.begin(ORIGIN | {"allocator": {"top_pad": 1}} | (environment or {}))
    rng = np.random.default_rng(made.seed)
    losses = [*made.timing.losses, made.timing.losses[0] + TWIN]
    samples, rows = [], []
    for process in range(5):
        why = "others" if process < disturbed else ""
        rows.append(Conditions(process, "2026-01-01", 1.0, 1e-4, 0.01, NAN, NAN, NAN, NAN, NAN, "", why))
        luck = dict(zip(losses, 1 + noise * rng.normal(size=(len(losses), 2)), strict=True))
        slow = 1 + 0.3 * rng.random()  # of the process, for all modes alike
        for number in range(22):
            warm = 100.0 if number < 2 else 1.0
            for position, mode in enumerate(losses):
                f = FORWARD * slow * warm * luck[mode][0] * (forward or {}).get(mode, 1.0)
                b = BACKWARD * slow * warm * luck[mode][1] * (backward or {}).get(mode, 1.0)
                samples.append(TimingSample(process, number, position, mode, f, b, int(number < 2)))
    folder.write_rows("timing.csv", samples)
    folder.write_rows("processes.csv", rows)
    folder.end("done")
    return made.slug  # fmt: skip


def as_version_0_1(folder: Path) -> None:
    """Make a run folder what version 0.1 left: without a manifest, and without the number of the numerics."""
    (folder / "manifest.json").unlink(missing_ok=True)
    path = folder / "environment.json"
    environment = json.loads(path.read_text())
    environment.pop("numerics", None)
    path.write_text(json.dumps(environment))


def write_tables(results_dir: Path, folder: Path) -> list[Path]:
    """All tables of a results folder."""
    analysis = Analysis(collect(results_dir))
    return tables.write(tables.make(analysis, claims.make(analysis)), folder)


def sample_rows(name: str) -> pd.DataFrame:
    """Ten images of one grey each, as `records/samples.csv` holds them."""
    side, channels = {"mnist": (28, 1), "cifar10": (32, 3)}[name]
    rows = [
        (
            name,
            7 * label,
            label,
            word,
            samples.as_png(np.full((side, side, channels), 20 * label, np.uint8)),
        )
        for label, word in enumerate(DATASETS[name].classes)
    ]
    return pd.DataFrame(rows, columns=["dataset", "image", "label", "name", "png"])
