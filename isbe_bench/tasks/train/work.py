"""The work of `task=train`: an epoch at a time, each recorded as it ends."""

import dataclasses
from typing import Any

import torch

from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.data.sources import describe
from isbe_bench.measuring import devices, environment
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import EPOCHS, Epoch
from isbe_bench.tasks.train.settings import ReadyTraining
from isbe_bench.training import checkpoints
from isbe_bench.training.trainer import Trainer


def run(ready: ReadyTraining, folder: RunFolder) -> str:
    """Train to the end, going on from a checkpoint if there is one; the note holds alpha."""
    device = devices.activate(ready.device)
    recorder = Recorder(folder, device)
    dataset = DeviceDataset(ready.dataset, ready.seed, device)
    trainer = Trainer(ready, dataset, describe(ready.dataset), device)
    recorder.begin(trainer, afresh=ready.force)
    for epoch in trainer.epochs():
        recorder.record(epoch)
    alpha = recorder.end()
    return f"alpha {alpha:.2f}%"


class Recorder:
    """Writes a training down as it goes, so that it can go on from its last epoch."""

    def __init__(self, folder: RunFolder, device: torch.device) -> None:
        self._folder = folder
        self._origin = environment.describe(device)
        self._load = environment.ForeignLoad()
        self._foreign_cpu_share = 0.0
        self._epochs: list[Epoch] = []

    def begin(self, trainer: Trainer, afresh: bool) -> None:
        """Put the trainer where an earlier attempt stopped, unless `afresh`, or there is none."""
        self._trainer = trainer
        checkpoint = None if afresh else self._resumable()
        if checkpoint is None:
            self._folder.clear()
        else:
            self._epochs = [Epoch(**row) for row in checkpoint["epochs"]]
            self._foreign_cpu_share = checkpoint["foreign_cpu_share"]
            trainer.restore(checkpoint["trainer"])
        self._folder.begin(self._origin)

    def record(self, epoch: Epoch) -> None:
        """Write an epoch down, and all that the next one depends on."""
        self._epochs.append(epoch)
        # Of a run in parts, the part that was disturbed most tells whether its times can be trusted.
        self._foreign_cpu_share = max(self._foreign_cpu_share, self._load.share())
        checkpoints.write(
            self._folder.path,
            {
                "origin": self._origin,
                "epochs": [dataclasses.asdict(row) for row in self._epochs],
                "foreign_cpu_share": self._foreign_cpu_share,
                "trainer": self._trainer.state(),
            },
        )
        self._folder.write_rows(EPOCHS, self._epochs)

    def end(self) -> float:
        """Write down what is known at the end; returns alpha, in percent."""
        # The epochs once more: an interrupt may have come between the last checkpoint and them.
        self._folder.write_rows(EPOCHS, self._epochs)
        self._folder.write_environment({**self._origin, "foreign_cpu_share": self._foreign_cpu_share})
        labels, predictions = self._trainer.predictions()
        self._folder.write_predictions(labels.tolist(), predictions.tolist())
        return self._epochs[-1].test_accuracy

    def _resumable(self) -> dict[str, Any] | None:
        """The checkpoint to go on from, unless two programs or machines would make up one run."""
        checkpoint = None if self._folder.status() == "done" else checkpoints.read(self._folder.path)
        parts = {"origin", "epochs", "foreign_cpu_share", "trainer"}
        if checkpoint is None or checkpoint.keys() != parts:
            return None
        return checkpoint if self._folder.continues(checkpoint["origin"], self._origin) else None
