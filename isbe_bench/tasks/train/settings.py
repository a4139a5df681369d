"""The settings of `task=train`."""

from typing import ClassVar, Literal

from isbe_bench.runs.rows import WEIGHTS, SignalName
from isbe_bench.settings.architecture import AnyArchitecture
from isbe_bench.settings.classifier import LINEAR, AnyClassifier
from isbe_bench.settings.dataset import AnyDataset, ReadyDataset
from isbe_bench.settings.device import Engine, ReadyDevice
from isbe_bench.settings.evaluation import Evaluation
from isbe_bench.settings.fields import AtLeastOne, Different, Settings
from isbe_bench.settings.loss import AnyLoss
from isbe_bench.settings.optimizer import AnyOptimizer
from isbe_bench.settings.run import ReadyRun, RunSettings
from isbe_bench.settings.schedule import AnySchedule
from isbe_bench.settings.stop import Stop
from isbe_bench.settings.targets import AnyTargets, ReadyTargets


class Train(Settings):
    """How long a training is, and what it records besides its results.

    Attributes
    ----------
    epochs, batch_size
        The number of passes over the training images, and of images per step.
    engine
        How its steps are launched: one by one, or as CUDA graphs.
    stop
        What ends it earlier.
    evaluate
        When, on which images and how it is evaluated.
    signals
        What is recorded of every epoch besides its curves.
    record_scores
        Whether the scores of all training images are recorded at the end, for a pupil.
    save_weights
        Whether the weights are saved at the end.
    """

    epochs: AtLeastOne
    batch_size: AtLeastOne
    stop: Stop
    record_scores: bool
    engine: Engine = "eager"  # which older records lack
    evaluate: Evaluation = Evaluation()  # which older records lack
    signals: Different[SignalName] = ()  # which older records lack
    save_weights: bool = False  # which older records lack


class TrainingSettings(RunSettings):
    """The settings of a command with `task=train`."""

    task: Literal["train"]
    arch: AnyArchitecture
    classifier: AnyClassifier
    dataset: AnyDataset
    loss: AnyLoss
    optimizer: AnyOptimizer
    schedule: AnySchedule
    targets: AnyTargets
    train: Train


class ReadyTraining(TrainingSettings, ReadyRun):
    """A training that was checked against machine and data."""

    named_by: ClassVar[tuple[str, ...]] = ("arch.name", "dataset.name", "loss.name")

    @property
    def parts(self) -> tuple[str, ...]:
        """With the classifier, unless it is linear."""
        return super().parts + (() if self.classifier == LINEAR else (self.classifier.name,))

    @property
    def extras(self) -> tuple[str, ...]:
        """Its signals, and its saved weights."""
        return self.train.signals + self.extras_at_the_end

    @property
    def extras_at_the_end(self) -> tuple[str, ...]:
        """Its saved weights."""
        return (WEIGHTS,) if self.train.save_weights else ()

    task: Literal["train"]
    device: ReadyDevice
    dataset: ReadyDataset
    targets: ReadyTargets
