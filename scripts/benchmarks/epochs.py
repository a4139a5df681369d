"""An epoch of N0 on MNIST: the runner beside a bare loop, and beside two DataLoader loops.

All take turns in one process, and train under cross-entropy:

- bare: a hand-written loop over the suite's tensors, with the same three evaluations as the runner;
- runner: what `isbe-bench task=train` does for an epoch, with phase clocks, progress bar, curves,
  diagnostics, checkpoint and records;
- runner, test images: the same with `train.evaluate.splits=[test]`, also in bfloat16;
- DataLoader, plain: torchvision's data set, transforms and a DataLoader, evaluated on the test images;
- DataLoader, tuned: its workers persist, its images stay bytes until the last transform (version 2),
  which runs on whole batches, in channels-last memory.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader

from benchmarks.sampling import SECONDS, markdown, measured, ratio_text, timed
from isbe_bench import networks
from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.data.images import Description
from isbe_bench.data.sources import describe
from isbe_bench.measuring import devices, environment
from isbe_bench.measuring.environment import ForeignLoad
from isbe_bench.parts.torchvision_cpu import torchvision
from isbe_bench.progress import Progress
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings import composition
from isbe_bench.settings.dataset import PublicDataset
from isbe_bench.tasks import train as task
from isbe_bench.tasks.train.settings import ReadyTraining
from isbe_bench.tasks.train.work import Recorder
from isbe_bench.training import optimizers
from isbe_bench.training.diagnostics import Diagnostics
from isbe_bench.training.trainer import Trainer

WARMUP = 1
_EVALUATION_BATCH = 1_000
_TEST_ALONE = "train.evaluate.splits=[test]"


def measure(root: str, rounds: int, results: Path) -> str:
    """Tables of ratios, and of the runner's parts, as Markdown; InputError without MNIST."""
    usual = _ready(root, rounds, results / "usual")
    short = _ready(root, rounds, results / "short", _TEST_ALONE)
    half = _ready(root, rounds, results / "bf16", _TEST_ALONE, "device.precision=bf16")
    device = devices.activate(usual.device)
    dataset, description = DeviceDataset(usual.dataset, usual.seed, device), describe(usual.dataset)
    place = dataset, description, device
    load = ForeignLoad()
    ways = {
        "bare": bare_epochs(usual, *place),
        "runner": runner_epochs(usual, *place),
        "runner, test images": runner_epochs(short, *place),
        "runner, test images, bf16": runner_epochs(half, *place),
        "DataLoader, plain": loader_epochs(usual, *place, tuned=False),
        "DataLoader, tuned": loader_epochs(usual, *place, tuned=True),
    }
    subjects = {name: timed(_next(epochs)) for name, epochs in ways.items()}
    comparison = measured(subjects, WARMUP, rounds)
    rows = [
        (
            name,
            f"{comparison.mean(SECONDS, name).mean:.2f}",
            *(ratio_text(comparison, name, each) for each in ("bare", "DataLoader, plain")),
        )
        for name in ways
    ]
    note = (
        f"{dataset.train_images:,} training images an epoch; {rounds} rounds after {WARMUP} of "
        "warm-up, 95% Student intervals over rounds. Bare and runner evaluate training, validation and "
        "test images after the epoch, the others the test images alone. Other processes, the "
        f"DataLoader's workers among them, took {load.share():.1%} of the CPU."
    )
    columns = ("epoch of N0 on MNIST", SECONDS, "over bare", "over DataLoader, plain")
    return markdown("Epochs", columns, rows, note) + "\n" + parts(usual, *place)


def _ready(root: str, rounds: int, results: Path, *overrides: str) -> ReadyTraining:
    usual = (
        "dataset=mnist",
        f"dataset.root='{root}'",
        f"train.epochs={WARMUP + rounds}",
        f"results_dir='{results}'",
        "force=true",
    )
    return task.TASK.check(task.TASK.parse(composition.defaults((*usual, *overrides))))


def _next(epochs: Iterator[None]) -> Callable[[], None]:
    return lambda: next(epochs)


def bare_epochs(
    ready: ReadyTraining, dataset: DeviceDataset, description: Description, device: torch.device
) -> Iterator[None]:
    """A hand-written loop over the same tensors."""
    network, optimizer = _start(ready, description, device)
    for number in range(1, ready.train.epochs + 1):
        images = dataset.epoch(number)
        _train(network, optimizer, images.split(ready.train.batch_size))
        for data in (images, dataset.validation, dataset.test):
            _evaluate(network, data.split(_EVALUATION_BATCH))
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
    ready: ReadyTraining,
    dataset: DeviceDataset,
    description: Description,
    device: torch.device,
    tuned: bool,
) -> Iterator[None]:
    """A DataLoader loop: workers open, transform and collect images one by one."""
    train_set, test_set, finish = (_tuned if tuned else _plain)(ready, dataset)
    split = torch.utils.data.Subset(train_set, range(dataset.train_images))
    workers = min(os.cpu_count() or 1, 4)
    more: dict[str, Any] = {"num_workers": workers, "persistent_workers": tuned}
    train_loader = DataLoader(split, ready.train.batch_size, shuffle=True, **more)
    test_loader = DataLoader(test_set, _EVALUATION_BATCH, **more)

    def on_device(
        loader: "DataLoader[tuple[Tensor, Tensor]]",
    ) -> Iterator[tuple[Tensor, Tensor]]:
        return ((finish(images.to(device)), labels.to(device)) for images, labels in loader)

    network, optimizer = _start(ready, description, device)
    for _ in range(ready.train.epochs):
        _train(network, optimizer, on_device(train_loader))
        _evaluate(network, on_device(test_loader))
        yield


_Sets = tuple[Any, Any, Callable[[Tensor], Tensor]]
"""Training and test images, and what is left to do for a batch."""


def _plain(ready: ReadyTraining, dataset: DeviceDataset) -> _Sets:
    transforms = torchvision("transforms")
    last = [transforms.ToTensor(), transforms.Normalize(dataset.mean.tolist(), dataset.std.tolist())]
    affine = transforms.RandomAffine(**_affine(ready))
    images = _mnist(ready)
    return (
        images(True, transforms.Compose([affine, *last])),
        images(False, transforms.Compose(last)),
        _same,
    )


def _tuned(ready: ReadyTraining, dataset: DeviceDataset) -> _Sets:
    transforms = torchvision("transforms.v2")
    last = transforms.Compose(
        [
            transforms.ToDtype(torch.float32, scale=True),
            transforms.Normalize(dataset.mean.tolist(), dataset.std.tolist()),
        ]
    )
    affine, to_bytes = transforms.RandomAffine(**_affine(ready)), transforms.PILToTensor()
    images = _mnist(ready)

    def finish(batch: Tensor) -> Tensor:
        result: Tensor = last(batch)
        return result.contiguous(memory_format=torch.channels_last)

    return images(True, transforms.Compose([to_bytes, affine])), images(False, to_bytes), finish


def _same(batch: Tensor) -> Tensor:
    return batch


def _affine(ready: ReadyTraining) -> dict[str, Any]:
    augmentation = ready.dataset.augmentation
    return {
        "degrees": augmentation.degrees,
        "translate": (augmentation.translate, augmentation.translate),
        "scale": (1 - augmentation.scale, 1 + augmentation.scale),
        "shear": augmentation.shear,
    }


def _mnist(ready: ReadyTraining) -> Callable[[bool, Any], Any]:
    assert isinstance(ready.dataset, PublicDataset), "this benchmark times MNIST"
    root, datasets = Path(ready.dataset.root).expanduser(), torchvision("datasets")
    return lambda train, transform: datasets.MNIST(root, train=train, transform=transform)


def _start(
    ready: ReadyTraining, description: Description, device: torch.device
) -> tuple[nn.Module, torch.optim.Optimizer]:
    network = networks.initialised(
        ready.arch, description.shape, description.classes, ready.seed, device
    )
    return network, optimizers.make(ready.optimizer, network)


def _train(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Iterable[tuple[Tensor, Tensor]],
) -> None:
    network.train()
    for images, labels in batches:
        loss = F.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


@torch.inference_mode()
def _evaluate(network: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Mean loss and accuracy in percent."""
    network.eval()
    loss, right, count = 0.0, 0, 0
    for images, labels in batches:
        scores = network(images)
        loss += float(F.cross_entropy(scores, labels, reduction="sum"))
        right += int((scores.argmax(dim=1) == labels).sum())
        count += len(labels)
    return loss / count, 100 * right / count


def parts(
    ready: ReadyTraining, dataset: DeviceDataset, description: Description, device: torch.device
) -> str:
    """What the runner does beyond a bare loop, and its share of an epoch."""
    recorder = Recorder(RunFolder(ready), environment.describe(device))
    trainer = recorder.begin(lambda: Trainer(ready, dataset, description, device))
    spent: dict[str, float] = {}
    with contextlib.ExitStack() as stack:
        for owner, method, name in (
            (type(trainer._clock), "mark", "phase clocks"),
            (Diagnostics, "begin", "diagnostics"),
            (Diagnostics, "end", "diagnostics"),
            (Diagnostics, "epoch", "diagnostics"),
            (Progress, "advance", "progress bar"),
            (Recorder, "record", "checkpoint and records"),
        ):
            stack.enter_context(_timed(owner, method, name, spent))
        epochs = trainer.epochs()
        recorder.record(next(epochs))  # warm-up
        spent.clear()
        started = time.perf_counter()
        recorder.record(next(epochs))
        whole = time.perf_counter() - started
        epochs.close()  # type: ignore[attr-defined]
    rows = [(name, f"{1000 * each:.1f}", f"{each / whole:.2%}") for name, each in spent.items()]
    rows.append(("together", f"{1000 * sum(spent.values()):.1f}", f"{sum(spent.values()) / whole:.2%}"))
    note = "The runner's share beyond a bare loop, by part, in one epoch. Each call is timed by itself."
    return markdown("The runner's parts", ("part", "ms an epoch", "share"), rows, note)


@contextlib.contextmanager
def _timed(owner: type, method: str, name: str, spent: dict[str, float]) -> Iterator[None]:
    """Add up the seconds of all calls of a method."""
    original = getattr(owner, method)

    def timed(*arguments: Any, **more: Any) -> Any:
        started = time.perf_counter()
        try:
            return original(*arguments, **more)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - started

    setattr(owner, method, timed)
    try:
        yield
    finally:
        setattr(owner, method, original)
