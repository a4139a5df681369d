"""`make overhead`: the cost of the runner, compared with a bare loop and a typical DataLoader loop.

Three ways to train an epoch of N0 under cross-entropy take turns in one process. Prints their ratios:

- bare: a hand-written training loop over the suite's tensors, with the same three evaluations;
- runner: what `isbe-bench task=train` does for an epoch, with phase clocks, progress bar, curves,
  checkpoint and records;
- DataLoader: torchvision's data set, transforms and a DataLoader, evaluated on the test images only.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader

from isbe_bench import networks
from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.data.images import Description
from isbe_bench.data.sources import describe
from isbe_bench.errors import InputError
from isbe_bench.measuring import allocator, balanced_rounds, devices, environment
from isbe_bench.measuring.environment import ForeignLoad
from isbe_bench.parts.torchvision_cpu import torchvision
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings import composition
from isbe_bench.settings.dataset import PublicDataset
from isbe_bench.statistics.comparison import Comparison
from isbe_bench.tasks import train as task
from isbe_bench.tasks.train.settings import ReadyTraining
from isbe_bench.tasks.train.work import Recorder
from isbe_bench.training import optimizers
from isbe_bench.training.trainer import Trainer

WARMUP = 1
EVALUATION_BATCH = 1_000


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument(
        "--dataset-root", default="data", metavar="DIR", help="folder of MNIST, or where to download it"
    )
    parser.add_argument("--rounds", type=int, default=12, help="epochs of each way (default: 12)")
    arguments = parser.parse_args()
    if arguments.rounds < 2:
        parser.error(f"--rounds={arguments.rounds}: allowed is an integer, 2 or more")
    allocator.settle()
    overrides = (
        "dataset=mnist",
        f"dataset.root='{arguments.dataset_root}'",
        f"train.epochs={WARMUP + arguments.rounds}",
    )
    with tempfile.TemporaryDirectory() as results:
        try:
            composed = composition.defaults((*overrides, f"results_dir={results}", "force=true"))
            print(compare(task.TASK.check(task.TASK.parse(composed)), arguments.rounds))
        except InputError as error:
            print(f"overhead: {error}", file=sys.stderr)
            return 1
    return 0


def compare(ready: ReadyTraining, rounds: int) -> str:
    """Measure the three ways in turns; returns a table of ratios as Markdown."""
    device = devices.activate(ready.device)
    dataset, description = DeviceDataset(ready.dataset, ready.seed, device), describe(ready.dataset)
    load = ForeignLoad()
    ways = {
        "bare": bare_epochs(ready, dataset, description, device),
        "runner": runner_epochs(ready, dataset, description, device),
        "DataLoader": loader_epochs(ready, dataset, description, device),
    }

    def subject(epochs: Iterator[None]) -> balanced_rounds.Subject:
        def once(number: int) -> dict[str, float]:
            started = time.perf_counter()
            next(epochs)
            if device.type == "cuda":
                torch.cuda.synchronize()
            return {"epoch": time.perf_counter() - started}

        return once

    subjects = {name: subject(epochs) for name, epochs in ways.items()}
    samples = pd.DataFrame(
        [
            {"run": "", "process": each.round, "round": 0, "mode": each.subject}
            | {"warmup": int(each.warmup), "epoch_s": each.times_ms["epoch"]}
            for each in balanced_rounds.measure(subjects, WARMUP, rounds)
        ]
    )
    comparison = Comparison(samples)  # each round is a unit: all ways are in one process
    rows = []
    for name in ways:
        ratio = comparison.ratio("epoch_s", name, "bare")
        rows.append(
            (
                name,
                f"{comparison.mean('epoch_s', name).mean:.2f}",
                f"{ratio.mean:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]",
            )
        )
    frame = pd.DataFrame(rows, columns=["epoch", "seconds", "over bare"])
    origin = (
        f"N0 on MNIST, {dataset.train_images:,} images an epoch, "
        f"{rounds} rounds after {WARMUP} of warm-up, "
        f"{torch.get_num_threads()} threads, torch {torch.__version__}, {device}; 95% Student intervals "
        f"over rounds; others, the DataLoader's workers among them, took {load.share():.1%} of the CPU."
    )
    return f"{frame.to_markdown(index=False, disable_numparse=True)}\n\n{origin}"


def bare_epochs(
    ready: ReadyTraining, dataset: DeviceDataset, description: Description, device: torch.device
) -> Iterator[None]:
    """A hand-written loop over the same tensors."""
    network, optimizer = start(ready, description, device)
    for number in range(1, ready.train.epochs + 1):
        images = dataset.epoch(number)
        train(network, optimizer, images.split(ready.train.batch_size))
        for data in (images, dataset.validation, dataset.test):
            evaluate(network, data.split(EVALUATION_BATCH))
        yield


def runner_epochs(
    ready: ReadyTraining, dataset: DeviceDataset, description: Description, device: torch.device
) -> Iterator[None]:
    """What `task=train` does."""
    recorder = Recorder(RunFolder(ready), environment.describe(device))
    trainer = recorder.begin(lambda: Trainer(ready, dataset, description, device))
    for epoch in trainer.epochs():
        recorder.record(epoch)
        yield


def loader_epochs(
    ready: ReadyTraining, dataset: DeviceDataset, description: Description, device: torch.device
) -> Iterator[None]:
    """A typical DataLoader loop: workers open, transform and collect images one by one."""
    transforms, datasets = torchvision("transforms"), torchvision("datasets")
    augmentation = ready.dataset.augmentation
    tensor = [transforms.ToTensor(), transforms.Normalize(dataset.mean.tolist(), dataset.std.tolist())]
    affine = transforms.RandomAffine(
        augmentation.degrees,
        translate=(augmentation.translate, augmentation.translate),
        scale=(1 - augmentation.scale, 1 + augmentation.scale),
        shear=augmentation.shear,
    )
    assert isinstance(ready.dataset, PublicDataset), "this script times MNIST"
    root = Path(ready.dataset.root).expanduser()
    train_images = datasets.MNIST(root, train=True, transform=transforms.Compose([affine, *tensor]))
    test_images = datasets.MNIST(root, train=False, transform=transforms.Compose(tensor))
    split = torch.utils.data.Subset(train_images, range(dataset.train_images))
    workers = min(os.cpu_count() or 1, 4)
    train_loader = DataLoader(split, ready.train.batch_size, shuffle=True, num_workers=workers)
    test_loader = DataLoader(test_images, EVALUATION_BATCH, num_workers=workers)

    def on_device(loader: "DataLoader[tuple[Tensor, Tensor]]") -> Iterator[tuple[Tensor, Tensor]]:
        return ((images.to(device), labels.to(device)) for images, labels in loader)

    network, optimizer = start(ready, description, device)
    for _ in range(ready.train.epochs):
        train(network, optimizer, on_device(train_loader))
        evaluate(network, on_device(test_loader))
        yield


def start(
    ready: ReadyTraining, description: Description, device: torch.device
) -> tuple[nn.Module, torch.optim.Optimizer]:
    network = networks.initialised(
        ready.arch, description.shape, description.classes, ready.seed, device
    )
    return network, optimizers.make(ready.optimizer, network)


def train(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Iterator[tuple[Tensor, Tensor]],
) -> None:
    network.train()
    for images, labels in batches:
        loss = F.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


@torch.inference_mode()
def evaluate(network: nn.Module, batches: Iterator[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Mean loss and accuracy in percent."""
    network.eval()
    loss, right, count = 0.0, 0, 0
    for images, labels in batches:
        scores = network(images)
        loss += float(F.cross_entropy(scores, labels, reduction="sum"))
        right += int((scores.argmax(dim=1) == labels).sum())
        count += len(labels)
    return loss / count, 100 * right / count


if __name__ == "__main__":
    raise SystemExit(main())
