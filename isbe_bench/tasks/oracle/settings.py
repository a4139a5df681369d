"""The settings of `task=oracle`."""

from typing import Annotated, ClassVar, Literal

from annotated_types import Ge

from isbe_bench.oracle.heads import HEADS
from isbe_bench.settings.architecture import AnyArchitecture
from isbe_bench.settings.dataset import AnyDataset, ReadyDataset
from isbe_bench.settings.device import ReadyDevice
from isbe_bench.settings.fields import OneOf, Positive, Settings, Several
from isbe_bench.settings.run import ReadyRun, RunSettings


class Oracle(Settings):
    """What is compared.

    Attributes
    ----------
    losses
        Loss modes, of those that the reference has.
    images, batch_size
        The number of training images, and how many make a step.
    lr
        The learning rate of the steps.
    """

    losses: Several[Annotated[str, OneOf(lambda: HEADS)]]
    images: Annotated[int, Ge(2)]
    batch_size: Annotated[int, Ge(2)]
    lr: Positive


class OracleSettings(RunSettings):
    """The settings of a command with `task=oracle`."""

    task: Literal["oracle"]
    arch: AnyArchitecture
    dataset: AnyDataset
    oracle: Oracle


class ReadyOracle(OracleSettings, ReadyRun):
    """A comparison that was checked against machine and data."""

    named_by: ClassVar[tuple[str, ...]] = ("arch.name", "dataset.name")

    task: Literal["oracle"]
    device: ReadyDevice
    dataset: ReadyDataset
