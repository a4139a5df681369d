"""The settings of `task=theory`."""

from typing import Annotated, Literal

from annotated_types import Ge, Le

from isbe_bench.settings.device import ReadyDevice
from isbe_bench.settings.fields import Settings, Several
from isbe_bench.settings.run import ReadyRun, RunSettings


class Theory(Settings):
    """Numbers of classes, and random samples for each; below 50, a dilation may fit by chance."""

    classes: Several[Annotated[int, Ge(2), Le(1000)]]
    samples: Annotated[int, Ge(50), Le(100_000)]


class TheorySettings(RunSettings):
    """The settings of a command with `task=theory`."""

    task: Literal["theory"]
    theory: Theory


class ReadyTheory(TheorySettings, ReadyRun):
    """A check of the theorems that was checked against the machine."""

    task: Literal["theory"]
    device: ReadyDevice
