"""The settings of `task=head`."""

from typing import Annotated, ClassVar, Literal

from isbe_bench.catalogue.heads import HEADS
from isbe_bench.settings.device import ReadyDevice
from isbe_bench.settings.fields import AtLeastOne, AtLeastTwo, Listed, OneOf, Settings, Several
from isbe_bench.settings.run import ReadyRun, RunSettings

Ways = Several[Annotated[str, OneOf(HEADS.names)]]


class Size(Settings):
    """A shape of scores, (batch_size, classes), and the number of rounds that measure it."""

    classes: AtLeastTwo
    batch_size: AtLeastOne
    rounds: AtLeastOne


class Head(Settings):
    """Ways side by side at several sizes, in several fresh processes.

    Attributes
    ----------
    ways
        The first is the reference of the others; null: all ways available on the machine.
    features
        D, of which a linear layer makes the scores: then its gradients are part of the head. Null: the
        head begins at the scores.
    scores
        The type of the scores, or of features and weights.
    processes
        Number of fresh processes, the sampling unit; a single one shows no spread.
    warmup
        Rounds at each size before those that count.
    """

    ways: Ways | None
    sizes: Listed[Size]
    features: AtLeastOne | None = None  # which older records lack
    scores: Literal["float32", "bfloat16"] = "float32"  # which older records lack
    processes: AtLeastTwo
    warmup: AtLeastOne


class ReadyHeadGroup(Head):
    """`Head` with the ways to measure."""

    ways: Ways


class HeadSettings(RunSettings):
    """The settings of a command with `task=head`."""

    task: Literal["head"]
    head: Head


class ReadyHead(HeadSettings, ReadyRun):
    """A measurement that was checked against the machine."""

    named_by: ClassVar[tuple[str, ...]] = ("device.name",)

    task: Literal["head"]
    device: ReadyDevice
    head: ReadyHeadGroup
