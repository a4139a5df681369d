"""The training loop: from initial weights to alpha, one epoch at a time."""

import functools
import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from isbe_bench import losses, networks
from isbe_bench.data import seeding
from isbe_bench.data.device_dataset import Batches, DeviceDataset
from isbe_bench.data.images import Description
from isbe_bench.errors import DivergedError
from isbe_bench.measuring import clocks, precision
from isbe_bench.networks.features import FeatureTap
from isbe_bench.progress import Progress, Work
from isbe_bench.runs.rows import CURVES, Diagnostic, Epoch, Signal, Stopped
from isbe_bench.settings.evaluation import Split
from isbe_bench.training import optimizers, schedules, steps, targets, weights
from isbe_bench.training.diagnostics import Diagnostics
from isbe_bench.training.evaluating import Evaluator
from isbe_bench.training.lookahead import Lookahead
from isbe_bench.training.requested import Training
from isbe_bench.training.signals import Signals
from isbe_bench.training.stopping import Stopping

_UNRANKED_CLASSES = 10
"""Up to this number, the rank of the label says little beyond whether it is predicted."""


class Trainer:
    """One training: a network, its data, a loss mode and an optimiser.

    Attributes
    ----------
    diagnostics, signals
        Of the last epoch.
    """

    def __init__(
        self, config: Training, dataset: DeviceDataset, description: Description, device: torch.device
    ) -> None:
        self._config = config
        self._dataset = dataset
        self._device = device
        self._classes = description.classes
        self._network = networks.initialised(
            config.arch,
            description.shape,
            description.classes,
            config.seed,
            device,
            config.classifier,
        )
        self._forward = precision.forward(self._network, config.device.precision, device)
        self._mode = losses.make(config.loss, description.classes, self._network)
        # Empty for modes that take no features.
        self._features = FeatureTap(self._network, self._classes) if self._mode.wants_features else tuple
        evaluation = config.train.evaluate
        self._evaluator = Evaluator(evaluation, self._network, self._forward, self._features)
        networks.prepare(self._network, dataset.first)
        if config.device.compile:
            networks.compile_body(self._network)
        self._modules = nn.ModuleDict({"network": self._network})
        if self._mode.module is not None:
            self._modules["loss"] = self._mode.module.to(device)
        self._optimizer = optimizers.make(config.optimizer, self._modules)
        epochs = config.train.epochs
        in_epoch = math.ceil(dataset.train_images / config.train.batch_size)
        self._schedule = schedules.Schedule(config.schedule, self._optimizer, epochs, in_epoch)
        self._lookahead = Lookahead(config.optimizer, self._modules, epochs * in_epoch)
        self._targets = targets.Targets(config.targets, description, config.seed, device)
        self._stopping = Stopping(config.train.stop, self._modules)
        self._clock = clocks.make(device)
        self._diagnostics = Diagnostics(self._network, self._mode, self._classes)
        parts = steps.Parts(
            self._modules,
            self._forward,
            self._features,
            self._mode,
            self._optimizer,
            self._diagnostics,
            self._clock,
        )
        self._step = steps.make(config.train.engine, parts)
        self.diagnostics: list[Diagnostic] = []
        labels = dataset.test.labels
        self._signals = Signals(config.train.signals, self._network, self._mode, labels)
        self.signals: list[Signal] = []
        self._done = 0
        self._test_scores: Tensor | None = None  # of these weights, if they were trained here

    @property
    def epochs_done(self) -> int:
        """How many epochs are trained."""
        return self._done

    def state(self) -> dict[str, Any]:
        """Everything that the remaining epochs depend on, for `restore`."""
        return {
            "epochs_done": self._done,
            "modules": self._modules.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "lookahead": self._lookahead.state_dict(),
            "stopping": self._stopping.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from `state`, with the same bits as an uninterrupted training."""
        self._done = int(state["epochs_done"])
        if not 0 < self._done <= self._config.train.epochs:
            raise ValueError(f"epochs_done is {self._done}")
        self._modules.load_state_dict(state["modules"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        self._lookahead.load_state_dict(state["lookahead"])
        self._stopping.load_state_dict(state["stopping"])

    def weights(self, about: Mapping[str, str]) -> bytes:
        """What is trained, as a file with metadata, to which the epoch of these weights is added."""
        return weights.pack(self._modules, {**about, "epoch": str(self.final_epoch)})

    def finish(self, state: Mapping[str, Tensor], epoch: int) -> None:
        """Take the weights that a finished training has, which are of this epoch.

        Raises
        ------
        RuntimeError
            They are those of another network, or of another loss.
        """
        self._modules.load_state_dict(state)
        self._done = epoch

    def epochs(self, title: str = "training") -> Iterator[Epoch]:
        """Train the remaining epochs, yielding each as it ends; `title` is that of the progress bar.

        At the end, the network has the weights that `train.stop` keeps.

        Raises
        ------
        DivergedError
            In the first epoch in which a score or a loss is not finite.
        """
        size, total = self._config.train.batch_size, self._config.train.epochs
        batches = math.ceil(self._dataset.train_images / size)
        work = Work(title, total * batches, "batch", stages=total, stage="epoch")
        with Progress(work, done=self._done * batches) as progress:
            while self._done < total and not self._stopping.ends:
                self._stopping.begin_epoch()
                epoch = self._epoch(self._done + 1, progress)
                self._schedule.end_epoch(epoch.validation_loss)
                self._done += 1
                self._stopping.end_epoch(epoch)
                yield epoch
        if self._stopping.keep():
            self._test_scores = None

    @property
    def stopped(self) -> Stopped | None:
        """Where the training ended or would have ended; None if nothing can stop it."""
        return self._stopping.stopped

    @property
    def final_epoch(self) -> int:
        """The epoch whose weights the finished training has: its last, or that which its stop keeps."""
        stopped = self.stopped
        return stopped.kept if stopped and stopped.ended else self._done

    def test_curves(self) -> dict[str, float]:
        """Loss and accuracy on the test images, as in `Epoch`."""
        return self._curves("test", self._dataset.test)

    def predictions(self) -> tuple[list[int], list[int], list[int] | None]:
        """Label and predicted class of each test image, and the rank of the label as in `Prediction`.

        The ranks are None for a data set of 10 classes or fewer.
        """
        scores = self._last_test_scores()
        labels = self._dataset.test.labels
        predictions = scores.argmax(dim=1)
        ranks = _ranks(scores, labels, predictions) if self._classes > _UNRANKED_CLASSES else None
        return labels.tolist(), predictions.tolist(), ranks

    def at_the_end(self) -> Iterator[Diagnostic]:
        """The diagnostics of the finished training, of the epoch whose weights it has."""
        return self._diagnostics.at_the_end(self.final_epoch, self._last_test_scores())

    def training_scores(self) -> NDArray[np.float32]:
        """The scores of all training images, not augmented, in the order of the data set, (n, K)."""
        scores, *_ = self._evaluator.outputs(self._dataset.every())
        return scores.float().cpu().numpy()

    def _last_test_scores(self) -> Tensor:
        if self._test_scores is None:
            self._test_scores, *_ = self._evaluator.outputs(self._dataset.test)
        return self._test_scores

    def _epoch(self, number: int, progress: Progress) -> Epoch:
        started = time.perf_counter()
        lr = self._schedule.lr
        self._clock.start()
        images = self._dataset.epoch(number)
        running = self._train(images, number, progress)
        times = self._clock.totals_ms()
        curves = {"running_loss": self._curve(images.labels, *running)} | self._evaluated(number, images)
        if not all(map(math.isfinite, curves.values())):
            raise DivergedError(f"a score or loss stopped being finite in epoch {number}")
        self.diagnostics = self._diagnostics.epoch(number)
        self.signals = self._signals.epoch(number, self._last_test_scores)
        return Epoch(
            epoch=number,
            lr=lr,
            **dict.fromkeys(CURVES, math.nan) | curves,
            **{f"{phase}_ms": times[phase] for phase in ("forward", "backward", "optimizer", "data")},
            epoch_s=time.perf_counter() - started,
        )

    def _evaluated(self, number: int, images: Batches) -> dict[str, float]:
        """The curves of the splits that are evaluated after an epoch, which trained with `images`."""
        splits = {"train": images, "validation": self._dataset.validation, "test": self._dataset.test}
        curves: dict[str, float] = {}
        self._test_scores = None
        for split in self._config.train.evaluate.due(number, self._config.train.epochs):
            if len(splits[split]):  # else no images are held out for validation
                curves |= self._curves(split, splits[split])
        return curves

    def _curves(self, split: Split, data: Batches) -> dict[str, float]:
        """Loss and accuracy on a split."""
        outputs = self._evaluator.outputs(data)
        if split == "test":
            self._test_scores = outputs[0]
        return {
            f"{split}_loss": self._curve(data.labels, *outputs),
            f"{split}_accuracy": _accuracy(outputs[0], data.labels),
        }

    def _train(self, images: Batches, number: int, progress: Progress) -> list[Tensor]:
        """One pass over the images; returns their scores and features from the training steps."""
        network, clock = self._network, self._clock
        # During training, dropout alone draws from the global generators, and the user's own parts.
        seeding.seed_all(seeding.derive(self._config.seed, "dropout", number))
        self._targets.begin(number)
        running: list[Tensor] = []
        networks.begin_epoch(network, number)
        network.train()
        seen = 0
        for step_number, (batch, labels) in enumerate(images.split(self._config.train.batch_size)):
            chosen = images.chosen[seen : seen + len(labels)]
            batch, wanted = self._targets.make(batch, labels, chosen)
            clock.mark("data")
            outputs = self._step(step_number, batch, wanted)
            self._schedule.end_step()
            self._lookahead.end_step()
            clock.mark("optimizer")
            if not running:
                running = [each.new_empty(len(images), *each.shape[1:]) for each in outputs]
            for every, some in zip(running, outputs, strict=True):
                every[seen : seen + len(some)] = some
            seen += len(labels)
            progress.advance(note=functools.partial(self._note, labels, *outputs))
            clock.mark("bookkeeping")
        return running

    def _note(self, labels: Tensor, scores: Tensor, *features: Tensor) -> str:
        loss = float(self._mode.per_image(scores, labels, *features).mean())
        if not math.isfinite(loss):
            raise DivergedError(f"a score or loss stopped being finite in epoch {self._done + 1}")
        return f"loss {loss:.4f}, accuracy {_accuracy(scores, labels):.1f}%"

    def _curve(self, labels: Tensor, scores: Tensor, *features: Tensor) -> float:
        """The mean of the mode's learning curve over images; NaN if any score is not finite."""
        mean = float(self._mode.per_image(scores, labels, *features).double().mean())
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
