"""The settings of `task=timing`."""

from typing import Annotated, ClassVar, Literal

from isbe_bench.settings import classifier
from isbe_bench.settings.architecture import AnyArchitecture
from isbe_bench.settings.classifier import AnyClassifier
from isbe_bench.settings.dataset import AnyDataset, ReadyDataset
from isbe_bench.settings.device import Engine, ReadyDevice
from isbe_bench.settings.fields import (
    AtLeastOne,
    AtLeastTwo,
    AtLeastZero,
    Listed,
    OneOf,
    Settings,
    Several,
)
from isbe_bench.settings.loss import AnyLoss, comparable
from isbe_bench.settings.run import ReadyRun, RunSettings

Sequence = Literal["interleaved", "consecutive"]


class Timing(Settings):
    """Many loss modes side by side, in several fresh processes.

    Attributes
    ----------
    losses, classifiers
        Each loss is measured with each classifier that it fits; the first loss with the first classifier
        is the reference of the others.
    processes
        Number of fresh processes, the sampling unit; a single one shows no spread.
    rounds, warmup
        Rounds in each process, with every loss once per round; `warmup` rounds come before `rounds`, or
        none if the sequence is `consecutive`.
    sequence
        `interleaved`: balanced rounds; `consecutive`: all rounds of one loss, then those of the next, to
        show what that does to a measurement.
    engine
        `eager`, or `graph`: forward and backward phase as two CUDA graphs.
    """

    losses: Several[Annotated[str, OneOf(comparable)]]
    classifiers: Several[Annotated[str, OneOf(classifier.comparable)]]
    processes: AtLeastTwo
    rounds: AtLeastOne
    warmup: AtLeastZero
    batch_size: AtLeastOne
    sequence: Sequence
    engine: Engine


class ReadyTimingGroup(Timing):
    """`Timing` with `modes` and `layers`, the full settings of losses and classifiers."""

    modes: Listed[AnyLoss]
    layers: Listed[AnyClassifier]


class TimingSettings(RunSettings):
    """The settings of a command with `task=timing`."""

    task: Literal["timing"]
    arch: AnyArchitecture
    dataset: AnyDataset
    timing: Timing


class ReadyTiming(TimingSettings, ReadyRun):
    """A measurement that was checked against machine and data."""

    named_by: ClassVar[tuple[str, ...]] = ("arch.name", "dataset.name", "device.name", "timing.engine")

    task: Literal["timing"]
    device: ReadyDevice
    dataset: ReadyDataset
    timing: ReadyTimingGroup
