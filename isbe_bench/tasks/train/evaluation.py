"""Evaluates saved weights as the training that saved them did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.data.sources import describe
from isbe_bench.errors import InputError
from isbe_bench.measuring import devices, environment
from isbe_bench.runs.rows import DIAGNOSTICS, EPOCHS, PREDICTIONS, WEIGHTS
from isbe_bench.tasks.train.settings import ReadyTraining
from isbe_bench.training import weights
from isbe_bench.training.trainer import Trainer


@dataclass(frozen=True)
class Evaluated:
    """What weights give.

    Attributes
    ----------
    alpha, epoch
        In percent, and the epoch that the weights are of.
    rows
        Rows of a run's files, as far as they follow from weights, by file and column.
    training_scores
        As in `training_scores.npy`; None if neither the run recorded them nor they were asked for.
    environment
        Where and how this was computed, as in `environment.json`.
    """

    alpha: float
    epoch: int
    rows: Mapping[str, Sequence[Mapping[Any, Any]]]
    training_scores: NDArray[np.float32] | None
    environment: dict[str, Any]


def evaluate(ready: ReadyTraining, folder: Path, with_scores: bool) -> Evaluated:
    """Evaluate saved weights on the test images, with the views, the precision and the batches of a run.

    Parameters
    ----------
    ready
        The run, which nothing stops early.
    folder
        The run's, with its weights.
    with_scores
        Whether the training images get their scores, too.

    Raises
    ------
    InputError
        Weights or data that cannot be read, or weights of another run.
    """
    try:
        state, about = weights.read(folder / WEIGHTS)
        epoch = _epoch(about, folder)
    except (OSError, ValueError) as error:
        raise InputError(f"RUN_FOLDER={folder}: {WEIGHTS} cannot be read ({error})") from error
    device = devices.activate(ready.device)
    trainer = Trainer(
        ready, DeviceDataset(ready.dataset, ready.seed, device), describe(ready.dataset), device
    )
    try:
        trainer.finish(state, epoch)
    except RuntimeError as error:
        raise InputError(
            f"RUN_FOLDER={folder}: {WEIGHTS} does not fit the run's network and loss"
        ) from error
    curves = trainer.test_curves()
    labels, predictions, ranks = trainer.predictions()
    columns = {"label": labels, "prediction": predictions} | ({"rank": ranks} if ranks else {})
    rows: dict[str, Sequence[Mapping[Any, Any]]] = {
        PREDICTIONS: pd.DataFrame(columns).to_dict("records"),
        EPOCHS: [{"epoch": epoch, **curves}],
        DIAGNOSTICS: [vars(each) for each in trainer.at_the_end()],
    }
    scores = trainer.training_scores() if with_scores or ready.train.record_scores else None
    origin = environment.describe(device, ready.plain())
    return Evaluated(curves["test_accuracy"], epoch, rows, scores, origin)


def _epoch(about: Mapping[str, str], folder: Path) -> int:
    """The epoch in the metadata of a run's weights; ValueError for those of another run."""
    names = about.get("slug", "nothing"), folder.resolve().name
    if names[0].rpartition("-")[2] != names[1].rpartition("-")[2]:  # the hash of the identity
        raise ValueError(f"it belongs to {names[0]}")
    return int(about.get("epoch", "nothing"))
