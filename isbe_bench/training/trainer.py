"""The training loop: from initial weights to alpha, one epoch at a time."""

import math
import time
from collections.abc import Iterator
from typing import Any, Protocol

import torch
from torch import Tensor
from tqdm import tqdm

from isbe_bench import losses, networks
from isbe_bench.data import seeding
from isbe_bench.data.device_dataset import Batches, DeviceDataset
from isbe_bench.data.images import Description
from isbe_bench.errors import DivergedError
from isbe_bench.measuring import clocks
from isbe_bench.runs.rows import Epoch
from isbe_bench.settings.architecture import Architecture, OwnArchitecture
from isbe_bench.settings.loss import Loss
from isbe_bench.settings.optimizer import Optimizer

_EVALUATION_BATCH = 1_000
_UNRANKED_CLASSES = 10
"""Up to this number, the rank of the label says little beyond whether it is predicted."""


class Steps(Protocol):
    """How long a training is: passes over the images, and images a step."""

    @property
    def epochs(self) -> int: ...
    @property
    def batch_size(self) -> int: ...


class Training(Protocol):
    """The settings that a training follows from, besides its data."""

    @property
    def arch(self) -> Architecture | OwnArchitecture: ...
    @property
    def loss(self) -> Loss: ...
    @property
    def optimizer(self) -> Optimizer: ...
    @property
    def train(self) -> Steps: ...
    @property
    def seed(self) -> int: ...
    @property
    def title(self) -> str: ...


class Trainer:
    """One training: a network, its data, a loss mode and an optimiser."""

    def __init__(
        self, config: Training, dataset: DeviceDataset, description: Description, device: torch.device
    ) -> None:
        self._config = config
        self._dataset = dataset
        self._device = device
        self._network = networks.initialised(
            config.arch, description.shape, description.classes, config.seed, device
        )
        self._mode = losses.make(config.loss, description.classes)
        settings = config.optimizer
        self._optimizer = torch.optim.Adam(
            self._network.parameters(),
            lr=settings.lr,
            betas=(settings.beta1, settings.beta2),
            eps=settings.eps,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        steps = max(1, config.train.epochs - 1)
        self._schedule = torch.optim.lr_scheduler.ExponentialLR(
            self._optimizer, gamma=settings.final_lr_ratio ** (1 / steps)
        )
        self._clock = clocks.make(device)
        self._classes = description.classes
        self._done = 0

    def state(self) -> dict[str, Any]:
        """Everything that the remaining epochs depend on, for `restore`."""
        return {
            "epochs_done": self._done,
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from `state`, with the same bits as an uninterrupted training."""
        self._done = state["epochs_done"]
        self._network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])

    def epochs(self) -> Iterator[Epoch]:
        """Train the remaining epochs, yielding each as it ends.

        Raises
        ------
        DivergedError
            In the first epoch in which a score or a loss is not finite.
        """
        size, total = self._config.train.batch_size, self._config.train.epochs
        batches = math.ceil(self._dataset.train_images / size)
        with tqdm(
            total=total * batches,
            initial=self._done * batches,
            desc=self._config.title,
            unit="batch",
            disable=None,  # silent where the output is not a terminal
            leave=False,
            dynamic_ncols=True,
        ) as bar:
            while self._done < total:
                epoch = self._epoch(self._done + 1, bar)
                self._schedule.step()
                self._done += 1
                yield epoch

    def predictions(self) -> tuple[list[int], list[int], list[int] | None]:
        """Label and predicted class of each test image, and the rank of the label as in `Prediction`.

        The ranks are None for a data set of 10 classes or fewer.
        """
        scores, labels = self._scores(self._dataset.test), self._dataset.test.labels
        predictions = scores.argmax(dim=1)
        ranks = _ranks(scores, labels, predictions) if self._classes > _UNRANKED_CLASSES else None
        return labels.tolist(), predictions.tolist(), ranks

    def _epoch(self, number: int, bar: "tqdm[Any]") -> Epoch:
        started = time.perf_counter()
        (lr,) = self._schedule.get_last_lr()
        self._clock.start()
        images = self._dataset.epoch(number)
        running = self._train(images, number, bar)
        times = self._clock.totals_ms()
        curves = {"running_loss": self._curve(running, images.labels)}
        for split, data in (
            ("train", images),
            ("validation", self._dataset.validation),
            ("test", self._dataset.test),
        ):
            scores = self._scores(data)
            curves[f"{split}_loss"] = self._curve(scores, data.labels)
            curves[f"{split}_accuracy"] = _accuracy(scores, data.labels)
        if not all(map(math.isfinite, curves.values())):
            raise DivergedError(f"a score or loss stopped being finite in epoch {number}")
        return Epoch(
            epoch=number,
            lr=float(lr),
            **curves,
            **{f"{phase}_ms": times[phase] for phase in ("forward", "backward", "optimizer", "data")},
            epoch_s=time.perf_counter() - started,
        )

    def _train(self, images: Batches, number: int, bar: "tqdm[Any]") -> Tensor:
        """One pass over the images; returns each image's scores from its training step, (n, K)."""
        network, mode, optimizer, clock = self._network, self._mode, self._optimizer, self._clock
        # During training, dropout alone draws from the global generators.
        torch.manual_seed(seeding.derive(self._config.seed, "dropout", number))
        running = torch.empty(len(images), self._classes, device=self._device)
        network.train()
        seen = 0
        for batch, labels in images.split(self._config.train.batch_size):
            clock.mark("data")
            scores = network(batch)
            mode.forward(scores, labels)
            clock.mark("forward")
            mode.backward()
            clock.mark("backward")
            optimizer.step()
            optimizer.zero_grad()
            clock.mark("optimizer")
            scores = scores.detach()
            running[seen : seen + len(scores)] = scores
            seen += len(scores)
            if bar.update():  # true when the bar is redrawn, a few times a second
                self._show(bar, scores, labels)
            clock.mark("bookkeeping")
        return running

    def _show(self, bar: "tqdm[Any]", scores: Tensor, labels: Tensor) -> None:
        loss = float(self._mode.per_image(scores, labels).mean())
        if not math.isfinite(loss):
            raise DivergedError(f"a score or loss stopped being finite in epoch {self._done + 1}")
        accuracy = _accuracy(scores, labels)
        bar.set_postfix_str(f"loss {loss:.4f}, accuracy {accuracy:.1f}%", refresh=False)

    @torch.inference_mode()
    def _scores(self, data: Batches) -> Tensor:
        """Raw scores of all images in evaluation mode: (n, K)."""
        self._network.eval()
        return torch.cat([self._network(images) for images, _ in data.split(_EVALUATION_BATCH)])

    def _curve(self, scores: Tensor, labels: Tensor) -> float:
        """The mean of the mode's learning curve over images; NaN if any score is not finite."""
        mean = float(self._mode.per_image(scores, labels).double().mean())
        return mean if bool(scores.isfinite().all()) else math.nan


def _accuracy(scores: Tensor, labels: Tensor) -> float:
    """Percent of images whose label has the largest score: the paper's alpha, Formula (8)."""
    return 100.0 * int((scores.argmax(dim=1) == labels).sum()) / len(labels)


def _ranks(scores: Tensor, labels: Tensor, predictions: Tensor) -> list[int]:
    """The place of each image's label among its scores (n, K), the largest first, from 1 to K."""
    larger = (scores > scores.gather(1, labels[:, None])).sum(dim=1)
    # A label that ties with the predicted class is not in the first place.
    ranks: list[int] = torch.where(predictions == labels, 1, (larger + 1).clamp(min=2)).tolist()
    return ranks
