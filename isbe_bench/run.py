"""One run, from its configuration to its folder."""

import dataclasses
import time
from typing import Any, Literal

import torch
from filelock import Timeout

from isbe_bench import devices, environment
from isbe_bench.config import Config
from isbe_bench.datasets import DeviceDataset
from isbe_bench.errors import InputError
from isbe_bench.records import RunFolder, Status
from isbe_bench.sources import describe
from isbe_bench.training import DivergedError, Epoch, Trainer


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one run of a sweep ended.

    `status` is the one in the run's folder; `already done` where nothing was left to do, `busy` where
    another process is at it, `not run` where an interrupt came first.
    """

    config: Config
    status: Status | Literal["already done", "busy", "not run"]
    note: str = ""  # what a person wants to know of it, in a few words
    seconds: float = 0.0


def execute(config: Config) -> Outcome:
    """Run a prepared configuration, or find it done, or go on where it was interrupted.

    Whatever happens to the run is recorded in its folder and in the outcome; no exception leaves but
    those of a program that is being killed.
    """
    folder = RunFolder(config)
    started = time.monotonic()
    try:
        with folder.lock().acquire(blocking=False):
            if folder.status() == "done" and not config.force:
                return Outcome(config, "already done")
            status, note = _attempt(config, folder)
    except Timeout:
        return Outcome(config, "busy", "another process is at it")
    return Outcome(config, status, note, time.monotonic() - started)


def _attempt(config: Config, folder: RunFolder) -> tuple[Status, str]:
    try:
        device = devices.activate(config.device)
        # Before the folder is touched: what cannot be read leaves no half-begun run.
        dataset = DeviceDataset(config.dataset, config.seed, device)
    except InputError as error:
        return "error", str(error)
    except KeyboardInterrupt:
        return "interrupted", "before its first epoch"
    try:
        alpha = _train(config, folder, dataset, device)
    except DivergedError as error:
        folder.end("diverged", error)
        return "diverged", str(error)
    except KeyboardInterrupt as error:
        folder.end("interrupted", error)
        return "interrupted", "the same command goes on with it"
    except Exception as error:
        folder.end("error", error)
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return "error", f"{reason[:200]} (traceback in {folder.path / 'status.json'})"
    folder.end("done")
    return "done", f"alpha {alpha:.2f}%"


def _train(config: Config, folder: RunFolder, dataset: DeviceDataset, device: torch.device) -> float:
    """Train to the end, recording each epoch; returns alpha, in percent."""
    origin = environment.describe(device)
    load = environment.ForeignLoad()
    checkpoint = None if folder.status() == "done" else folder.read_checkpoint()
    if checkpoint is None or checkpoint["origin"] != origin:
        # Epochs of two different programs or machines would not be one run.
        checkpoint = None
        folder.clear()
    folder.begin(origin)
    trainer = Trainer(config, dataset, describe(config.dataset), device)
    epochs: list[Epoch] = []
    if checkpoint is not None:
        epochs = [Epoch(**row) for row in checkpoint["epochs"]]
        trainer.restore(checkpoint["trainer"])
    for epoch in trainer.epochs():
        epochs.append(epoch)
        state: dict[str, Any] = {
            "origin": origin,
            "epochs": [dataclasses.asdict(row) for row in epochs],
            "trainer": trainer.state(),
        }
        folder.write_checkpoint(state)
        folder.write_epochs(epochs)
        folder.write_environment({**origin, "foreign_cpu_share": load.share()})
    folder.write_predictions(*(tensor.tolist() for tensor in trainer.predictions()))
    return epochs[-1].test_accuracy
