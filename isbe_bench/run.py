"""One run, from its configuration to its folder."""

import dataclasses
import time
from typing import Any, Literal

from filelock import Timeout
from tqdm import tqdm

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
    except OSError as error:  # a full disk, or a folder that became read-only
        status, note = "error", f"its folder cannot be written: {error}"
    return Outcome(config, status, note, time.monotonic() - started)


def _attempt(config: Config, folder: RunFolder) -> tuple[Status, str]:
    try:
        alpha = _train(config, folder)
    except InputError as error:  # data that cannot be read: the run has not begun
        return "error", str(error)
    except DivergedError as error:
        folder.end("diverged", error)
        return "diverged", str(error)
    except KeyboardInterrupt as error:
        folder.end("interrupted", error)
        command = "the same command without force=true" if config.force else "the same command"
        return "interrupted", f"{command} goes on with it"
    except Exception as error:
        folder.end("error", error)
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return "error", f"{reason[:200]} (traceback in {folder.path / 'status.json'})"
    folder.end("done")
    return "done", f"alpha {alpha:.2f}%"


def _train(config: Config, folder: RunFolder) -> float:
    """Train to the end, recording each epoch; returns alpha, in percent."""
    device = devices.activate(config.device)
    origin = environment.describe(device)
    load = environment.ForeignLoad()
    dataset = DeviceDataset(config.dataset, config.seed, device)
    trainer = Trainer(config, dataset, describe(config.dataset), device)
    epochs: list[Epoch] = []
    foreign_cpu_share = 0.0
    checkpoint = None if config.force else _resumable(folder, origin)
    if checkpoint is None:
        folder.clear()
    else:
        epochs = [Epoch(**row) for row in checkpoint["epochs"]]
        foreign_cpu_share = checkpoint["foreign_cpu_share"]
        trainer.restore(checkpoint["trainer"])
    folder.begin(origin)
    for epoch in trainer.epochs():
        epochs.append(epoch)
        # Of a run in parts, the part that was disturbed most tells whether its times can be trusted.
        foreign_cpu_share = max(foreign_cpu_share, load.share())
        folder.write_checkpoint(
            {
                "origin": origin,
                "epochs": [dataclasses.asdict(row) for row in epochs],
                "foreign_cpu_share": foreign_cpu_share,
                "trainer": trainer.state(),
            }
        )
        folder.write_epochs(epochs)
    folder.write_epochs(epochs)  # once more: an interrupt may have come before the last of the above
    folder.write_environment({**origin, "foreign_cpu_share": foreign_cpu_share})
    folder.write_predictions(*(tensor.tolist() for tensor in trainer.predictions()))
    return epochs[-1].test_accuracy


def _resumable(folder: RunFolder, origin: dict[str, Any]) -> dict[str, Any] | None:
    """The checkpoint to go on from, unless epochs of two programs or machines would make up one run."""
    checkpoint = None if folder.status() == "done" else folder.read_checkpoint()
    if checkpoint is None or checkpoint.keys() != {"origin", "epochs", "foreign_cpu_share", "trainer"}:
        return None
    before = checkpoint["origin"]
    changed = [key for key in origin | before if origin.get(key) != before.get(key)]
    if changed:
        tqdm.write(f"{folder.path.name}: begun under another {', '.join(changed)}; starting afresh")
        return None
    return checkpoint
