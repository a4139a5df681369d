"""The settings of `task=theory`."""

from typing import Annotated, Literal

from annotated_types import Ge, Le

from isbe_bench.settings.device import ReadyDevice
from isbe_bench.settings.fields import Settings, Several
from isbe_bench.settings.run import ReadyRun, RunSettings


class Theory(Settings):
    """Random arguments for each number of classes; with fewer than 50, a dilation may fit by chance."""

    classes: Several[Annotated[int, Ge(2), Le(1000)]]
    samples: Annotated[int, Ge(50), Le(100_000)]


class TheorySettings(RunSettings):
    """What a command with `task=theory` asks for."""

    task: Literal["theory"]
    theory: Theory


class ReadyTheory(TheorySettings, ReadyRun):
    """A check that fits the machine."""

    task: Literal["theory"]
    device: ReadyDevice
