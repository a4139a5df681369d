"""The base class of tasks: one object owns settings, checks, work and records.

A new task is one module and one YAML file; CONTRIBUTING.md shows a whole one.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

from omegaconf import DictConfig

from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import PROCESSES
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
        As in `task=NAME`: the name of its module and of its file in `conf/task/`.
    settings
        The pydantic model of the settings that a command gives.
    files
        The CSV files that it writes into its run folder, each with the dataclass of its rows.
    subject
        The column that names what a row measured; tables group rows by it.
    quantities
        The measured columns, each with its unit (empty if it has none).
    """

    name: ClassVar[str]
    settings: type[Asked]
    files: ClassVar[Mapping[str, type]]
    subject: ClassVar[str]
    quantities: ClassVar[Mapping[str, str]]

    @property
    def is_timed(self) -> bool:
        """Whether a run needs its device for itself."""
        return PROCESSES in self.files

    def parse(self, composed: DictConfig) -> Asked:
        """Validate a composed configuration as settings of this task.

        Raises
        ------
        InputError
            An invalid value; the message is one line with key, value and what is allowed.
        """
        settings: Asked = words.validate(self.settings, composition.values(composed))
        return settings

    @abstractmethod
    def check(self, settings: Asked) -> Ready:
        """Check settings against machine and data; returns the run, ready to start.

        Raises
        ------
        InputError
            An invalid value; the message is one line with key, value and what is allowed.
        """

    @abstractmethod
    def work(self, ready: Ready, folder: RunFolder) -> str:
        """Start or resume the run and record it in its folder; returns a short note for the user."""
