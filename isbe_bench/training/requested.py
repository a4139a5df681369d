"""What a training follows from, as any settings that have it."""

from typing import Protocol

from isbe_bench.runs.rows import SignalName
from isbe_bench.settings.architecture import BuiltInArchitecture, OwnArchitecture
from isbe_bench.settings.classifier import Classifier
from isbe_bench.settings.device import Device, Engine
from isbe_bench.settings.evaluation import Evaluation
from isbe_bench.settings.loss import Loss
from isbe_bench.settings.optimizer import Optimizer
from isbe_bench.settings.schedule import Schedule
from isbe_bench.settings.stop import Stop
from isbe_bench.settings.targets import Targets


class Steps(Protocol):
    """How long a training is: passes over the images, images a step; what ends it, and is recorded."""

    @property
    def epochs(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def stop(self) -> Stop: ...
    @property
    def signals(self) -> tuple[SignalName, ...]: ...
    @property
    def evaluate(self) -> Evaluation: ...


class Training(Protocol):
    """The settings that a training follows from, besides its data."""

    @property
    def arch(self) -> BuiltInArchitecture | OwnArchitecture: ...
    @property
    def classifier(self) -> Classifier: ...
    @property
    def loss(self) -> Loss: ...
    @property
    def optimizer(self) -> Optimizer: ...
    @property
    def schedule(self) -> Schedule: ...
    @property
    def train(self) -> Steps: ...
    @property
    def targets(self) -> Targets: ...
    @property
    def device(self) -> Device: ...
    @property
    def seed(self) -> int: ...
