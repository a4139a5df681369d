"""The settings of `task=head`."""

from typing import Annotated, Literal

from isbe_bench.catalogue.heads import HEADS
from isbe_bench.settings.device import ReadyDevice
from isbe_bench.settings.fields import AtLeastOne, AtLeastTwo, Listed, OneOf, Settings, Several
from isbe_bench.settings.run import ReadyRun, RunSettings

Ways = Several[Annotated[str, OneOf(HEADS.names)]]


class Size(Settings):
    """Scores of (batch_size, classes), and how many rounds they are measured for."""

    classes: AtLeastTwo
    batch_size: AtLeastOne
    rounds: AtLeastOne


class Head(Settings):
    """Ways side by side at several sizes, in several fresh processes.

    Attributes
    ----------
    ways
        Compared with the first; null: all that the machine has.
    processes
        The sampling unit; one alone says nothing of the spread.
    warmup
        Rounds at each size before those of the size.
    """

    ways: Ways | None
    sizes: Listed[Size]
    processes: AtLeastTwo
    warmup: AtLeastOne


class ReadyHeadGroup(Head):
    """The same, with the ways that are measured."""

    ways: Ways


class HeadSettings(RunSettings):
    """What a command with `task=head` asks for."""

    task: Literal["head"]
    head: Head


class ReadyHead(HeadSettings, ReadyRun):
    """A measurement that fits the machine."""

    task: Literal["head"]
    device: ReadyDevice
    head: ReadyHeadGroup

    @property
    def parts(self) -> tuple[str, ...]:
        """The device."""
        return (self.device.name,)
