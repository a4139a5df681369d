"""`task=train`: one training, an epoch at a time, each epoch recorded as it ends."""

import dataclasses
from typing import Any

from isbe_bench import devices, environment
from isbe_bench.config import TrainConfig
from isbe_bench.datasets import DeviceDataset
from isbe_bench.records import RunFolder
from isbe_bench.sources import describe
from isbe_bench.training import Epoch, Trainer


def run(config: TrainConfig, folder: RunFolder) -> str:
    """Train to the end, going on from a checkpoint if there is one; the note holds alpha."""
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
        folder.write_rows("epochs.csv", epochs)
    folder.write_rows(
        "epochs.csv", epochs
    )  # once more: an interrupt may have come before the last of the above
    folder.write_environment({**origin, "foreign_cpu_share": foreign_cpu_share})
    folder.write_predictions(*(tensor.tolist() for tensor in trainer.predictions()))
    return f"alpha {epochs[-1].test_accuracy:.2f}%"


def _resumable(folder: RunFolder, origin: dict[str, Any]) -> dict[str, Any] | None:
    """The checkpoint to go on from, unless epochs of two programs or machines would make up one run."""
    checkpoint = None if folder.status() == "done" else folder.read_checkpoint()
    if checkpoint is None or checkpoint.keys() != {"origin", "epochs", "foreign_cpu_share", "trainer"}:
        return None
    return checkpoint if folder.continues(checkpoint["origin"], origin) else None
