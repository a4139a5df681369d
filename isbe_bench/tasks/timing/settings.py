"""The settings of `task=timing`."""

from typing import Annotated, Literal

from isbe_bench.settings.architecture import AnyArchitecture
from isbe_bench.settings.dataset import AnyDataset, ReadyDataset
from isbe_bench.settings.device import ReadyDevice
from isbe_bench.settings.fields import AtLeastOne, AtLeastTwo, Listed, OneOf, Settings, Several
from isbe_bench.settings.loss import AnyLoss, comparable
from isbe_bench.settings.run import ReadyRun, RunSettings


class Timing(Settings):
    """Many loss modes side by side, in several fresh processes.

    Attributes
    ----------
    losses
        Compared with the first.
    processes
        The sampling unit; one alone says nothing of the spread.
    rounds, warmup
        In each process, every loss once a round; the first `warmup` rounds are extra.
    engine
        `graph`: forward and backward as two CUDA graphs.
    """

    losses: Several[Annotated[str, OneOf(comparable)]]
    processes: AtLeastTwo
    rounds: AtLeastOne
    warmup: AtLeastOne
    batch_size: AtLeastOne
    engine: Literal["eager", "graph"]


class ReadyTimingGroup(Timing):
    """The same, with `modes`: the losses in full, as they are measured."""

    modes: Listed[AnyLoss]


class TimingSettings(RunSettings):
    """What a command with `task=timing` asks for."""

    task: Literal["timing"]
    arch: AnyArchitecture
    dataset: AnyDataset
    timing: Timing


class ReadyTiming(TimingSettings, ReadyRun):
    """A measurement that fits machine and data."""

    task: Literal["timing"]
    device: ReadyDevice
    dataset: ReadyDataset
    timing: ReadyTimingGroup

    @property
    def parts(self) -> tuple[str, ...]:
        """Network, data set, device and engine."""
        return self.arch.name, self.dataset.name, self.device.name, self.timing.engine
