"""What a task is: one object that owns its settings, its checks, its work and its records.

A new task is one module and one YAML file; CONTRIBUTING.md shows a whole one.
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
