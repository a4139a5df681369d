"""Run folders as finished trainings leave them, with made-up numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from conftest import Make

from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import Epoch
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
    **origin: Any,
) -> RunFolder:
    """A training that ends at `alpha`, with times of 40 and 60 ms after the first epoch.

    `losses` are its training and test losses by epoch; test accuracies zigzag by `jitter` on their way.
    The images that it gets wrong are the first of the test set.
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
        curves = (loss, accuracy, 0.5, 0.4, accuracy, loss, accuracy)
        rows.append(Epoch(number + 1, 0.01, *curves, forward, 60.0, 5.0, 5.0, 1.0))
    folder.write_rows("epochs.csv", rows)
    images = DATASETS[config.dataset.name].test_images
    wrong = round(images * (1 - alpha / 100))
    folder.write_predictions([1] * images, [0] * wrong + [1] * (images - wrong))
    folder.end("done")
    return folder
