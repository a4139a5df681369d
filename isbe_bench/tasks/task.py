"""What a task is: one object that owns its settings, its checks, its work and its records.

A new task is one module and one file. `isbe_bench/tasks/squares.py` (or a package of that name):

    from dataclasses import dataclass
    from types import MappingProxyType

    from isbe_bench.runs.folder import RunFolder
    from isbe_bench.settings.device import ReadyDevice
    from isbe_bench.settings.fields import AtLeastOne, Settings
    from isbe_bench.settings.run import ReadyRun, RunSettings
    from isbe_bench.tasks.task import Task

    @dataclass(frozen=True)
    class Square:
        '''A row of `squares.csv`.'''
        number: int
        square: int

    class Range(Settings):
        '''The group `squares` of its settings.'''
        count: AtLeastOne

    class SquaresSettings(RunSettings):
        squares: Range

    class ReadySquares(SquaresSettings, ReadyRun):
        device: ReadyDevice  # no longer `auto`

    class Squares(Task[SquaresSettings, ReadySquares]):
        name = "squares"
        settings = SquaresSettings
        files = MappingProxyType({"squares.csv": Square})
        subject = "number"
        quantities = MappingProxyType({"square": "1"})

        def check(self, settings: SquaresSettings) -> ReadySquares:
            from isbe_bench.measuring import devices
            return ReadySquares(**dict(settings) | {"device": devices.resolve(settings.device)})

        def work(self, ready: ReadySquares, folder: RunFolder) -> str:
            from isbe_bench.measuring import devices, environment
            folder.clear()
            folder.begin(environment.describe(devices.activate(ready.device)))
            rows = [Square(number, number**2) for number in range(ready.squares.count)]
            folder.write_rows("squares.csv", rows)
            return f"{len(rows)} squares"

    TASK = Squares()

and `conf/task/squares.yaml`, which names the groups that the task knows, and its own:

    # @package _global_
    # Squares of the first numbers.
    defaults:
      - /device: cpu
      - _self_

    task: squares
    squares:
      count: 10

Nothing else has to be edited: the command line, sweeps, run folders and resuming take it from here.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

from omegaconf import DictConfig

from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings import composition, words
from isbe_bench.settings.run import ReadyRun, RunSettings

Asked = TypeVar("Asked", bound=RunSettings)
Ready = TypeVar("Ready", bound=ReadyRun)


class Task(ABC, Generic[Asked, Ready]):
    """One kind of run.

    Importing a task's module imports no torch; `check` and `work` do when they are called.

    Attributes
    ----------
    name
        As in `task=NAME`: its module's name, and that of its file in `conf/task/`.
    settings
        The model of what a command asks for.
    files
        The CSV files that it leaves in its run folder, each with the dataclass of its rows.
    subject
        The column that says what a row measured, by which a table groups its rows.
    quantities
        The columns that were measured, each with its unit ("1" where it has none).
    """

    name: ClassVar[str]
    settings: type[Asked]
    files: ClassVar[Mapping[str, type]]
    subject: ClassVar[str]
    quantities: ClassVar[Mapping[str, str]]

    def parse(self, composed: DictConfig) -> Asked:
        """What Hydra composed, as this task's settings.

        Raises
        ------
        InputError
            One line that names the key, its value and what is allowed.
        """
        settings: Asked = words.validate(self.settings, composition.values(composed))
        return settings

    @abstractmethod
    def check(self, settings: Asked) -> Ready:
        """The run that these settings ask for, known to fit machine and data.

        Raises
        ------
        InputError
            One line that names the key, its value and what is allowed.
        """

    @abstractmethod
    def work(self, ready: Ready, folder: RunFolder) -> str:
        """Do the run, or go on with it, and record it in its folder; returns a note for people."""
