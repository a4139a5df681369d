"""What the settings of all tasks share."""

from typing import Any

from isbe_bench.settings import identity
from isbe_bench.settings.device import Device, ReadyDevice
from isbe_bench.settings.fields import PathText, Seed, Settings


class RunSettings(Settings):
    """What a command asks for: one run, whole. A task's own settings add to it."""

    task: str
    device: Device
    seed: Seed
    results_dir: PathText
    force: bool


class ReadyRun(RunSettings):
    """A run that was checked against machine and data: nothing about it is open any more.

    Only a task's checks make one, and only such a run has a name and a folder.
    """

    device: ReadyDevice

    @property
    def parts(self) -> tuple[str, ...]:
        """What a person tells the run by, but for its task and seed."""
        return ()

    def identity(self) -> dict[str, Any]:
        """The flat `{dotted key: value}` that tells this run from every other."""
        return identity.identity(identity.flatten(self.plain()))

    @property
    def slug(self) -> str:
        """The run's folder name: readable, and ending in a hash of its identity."""
        digest = identity.digest(identity.flatten(self.plain()))
        return "-".join((self.task, *self.parts, f"seed{self.seed}", digest))

    @property
    def title(self) -> str:
        """What a person calls the run."""
        task = () if self.task == "train" else (self.task,)
        return " ".join((*task, *self.parts, "seed", str(self.seed)))
