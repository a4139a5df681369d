"""The work of `task=train`: trains epoch by epoch and records each when it ends."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from tqdm import tqdm

from isbe_bench.data import teacher
from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.data.sources import describe
from isbe_bench.measuring import devices, environment
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import (
    DIAGNOSTICS,
    EPOCHS,
    SIGNAL_OF,
    SIGNALS,
    STOP,
    TRAINING_SCORES,
    WEIGHTS,
    Diagnostic,
    Epoch,
    Signal,
    Stopped,
)
from isbe_bench.tasks.train.settings import ReadyTraining, Train
from isbe_bench.training import checkpoints
from isbe_bench.training.trainer import Trainer
from isbe_bench.version import __version__


def run(ready: ReadyTraining, folder: RunFolder) -> str:
    """Train to the end, resuming from a checkpoint if there is one; returns a note with alpha."""
    device = devices.activate(ready.device)
    recorder = Recorder(folder, environment.describe(device, ready.plain()))
    dataset = DeviceDataset(ready.dataset, ready.seed, device)
    make = functools.partial(Trainer, ready, dataset, describe(ready.dataset), device)
    trainer = recorder.begin(make)
    for epoch in trainer.epochs(folder.title):
        recorder.record(epoch)
    alpha = recorder.end(ready.train)
    return f"alpha {alpha:.2f}%{_where(trainer.stopped)}"


def _where(stopped: Stopped | None) -> str:
    """Where a training ended, or would have ended, in words; empty if it ended as planned."""
    if stopped is None:
        return ""
    kept = f", weights of epoch {stopped.kept}" if stopped.ended else ""
    if not stopped.criterion:
        return f", not stopped{kept}"
    verb = "stopped" if stopped.ended else "would have stopped"
    return f", {verb} after epoch {stopped.epoch} ({stopped.criterion}){kept}"


class Recorder:
    """Records a training after each epoch, so that it can be resumed from there."""

    def __init__(self, folder: RunFolder, origin: dict[str, Any]) -> None:
        self._folder = folder
        self._origin = origin
        self._load = environment.ForeignLoad()
        self._foreign_cpu_share = 0.0
        self._epochs: list[Epoch] = []
        self._diagnostics: list[Diagnostic] = []
        self._signals: list[Signal] = []

    def begin(self, make: Callable[[], Trainer]) -> Trainer:
        """The trainer, as an earlier attempt left it, unless that is repeated or there was none."""
        trainer = None if self._folder.is_repeated else self._resumed(make)
        if trainer is None:
            self._folder.clear()
            trainer = make()
        self._trainer = trainer
        self._folder.begin(self._origin)
        if self._epochs:  # the earlier attempt may have ended between the checkpoint and writing them
            self._folder.write_rows(EPOCHS, self._epochs)
        return trainer

    def record(self, epoch: Epoch) -> None:
        """Record an epoch, and the state that the next one depends on."""
        self._epochs.append(epoch)
        self._diagnostics += self._trainer.diagnostics
        self._signals += self._trainer.signals
        # After a resume, the most disturbed part decides whether the times can be trusted.
        self._foreign_cpu_share = max(self._foreign_cpu_share, self._load.share())
        checkpoint = {
            "origin": self._origin,
            "epochs": [dataclasses.asdict(row) for row in self._epochs],
            "diagnostics": [dataclasses.astuple(row) for row in self._diagnostics],
            "extras": list(self._folder.extras),
            "signals": [dataclasses.astuple(row) for row in self._signals],
            "foreign_cpu_share": self._foreign_cpu_share,
            "trainer": self._trainer.state(),
        }
        with self._folder.together():
            checkpoints.write(self._folder, checkpoint)
            self._folder.write_rows(EPOCHS, self._epochs)

    def end(self, train: Train) -> float:
        """Record the results of the whole training; returns alpha in percent.

        `train` says what is recorded besides.
        """
        origin = {**self._origin, "foreign_cpu_share": self._foreign_cpu_share}
        with self._folder.together():
            self._folder.write_environment(origin)
            self._folder.write_predictions(*self._trainer.predictions())
            if train.record_scores:
                self._folder.write(TRAINING_SCORES, teacher.pack(self._trainer.training_scores()))
            if train.save_weights:
                about = {"slug": self._folder.path.name, "version": __version__}
                self._folder.write(WEIGHTS, self._trainer.weights(about))
            self._folder.write_rows(DIAGNOSTICS, [*self._diagnostics, *self._trainer.at_the_end()])
            if self._signals:
                self._folder.write_rows(SIGNALS, self._signals)
            if stopped := self._trainer.stopped:
                self._folder.write_rows(STOP, [stopped])
        return self._epochs[self._trainer.final_epoch - 1].test_accuracy

    def _resumed(self, make: Callable[[], Trainer]) -> Trainer | None:
        """The trainer of the checkpoint; None if there is none or the version or machine changed."""
        checkpoint = None if self._folder.status() == "done" else checkpoints.read(self._folder)
        if checkpoint is None:
            return None
        try:
            if not self._folder.continues(checkpoint["origin"], self._origin):
                return None
            signals_asked = {*SIGNAL_OF.values()} & set(self._folder.extras)
            if lacking := signals_asked - set(checkpoint["extras"]):
                words = ", ".join(sorted(lacking))
                tqdm.write(f"{self._folder.title}: begun without the signals {words}; starting afresh")
                return None
            trainer = make()
            trainer.restore(checkpoint["trainer"])
            epochs = [Epoch(**row) for row in checkpoint["epochs"]]
            if [each.epoch for each in epochs] != list(range(1, trainer.epochs_done + 1)):
                raise ValueError("it holds other epochs than its state")
            diagnostics = [Diagnostic(*row) for row in checkpoint["diagnostics"]]
            every = (Signal(*row) for row in checkpoint["signals"])
            signals = [row for row in every if SIGNAL_OF[row.quantity] in self._folder.extras]
            share = float(checkpoint["foreign_cpu_share"])
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            checkpoints.say_unreadable(self._folder, error)
            return None
        self._epochs, self._diagnostics, self._signals = epochs, diagnostics, signals
        self._foreign_cpu_share = share
        return trainer
