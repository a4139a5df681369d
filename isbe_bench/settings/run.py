"""The settings that all tasks share."""

from typing import Any, ClassVar

from isbe_bench.settings import identity
from isbe_bench.settings.device import Device, ReadyDevice
from isbe_bench.settings.fields import PathText, Seed, Settings


class RunSettings(Settings):
    """All settings of one run as a command requests it; each task adds its own."""

    task: str
    device: Device
    seed: Seed
    results_dir: PathText
    force: bool
    plan: bool


class ReadyRun(RunSettings):
    """A run that was checked against machine and data, with no setting left open.

    Only the checks of a task create one, and only such a run has a name and a folder.

    Attributes
    ----------
    named_by
        The dotted keys whose values are part of the run's name, besides task and seed.
    """

    named_by: ClassVar[tuple[str, ...]] = ()

    device: ReadyDevice

    @property
    def parts(self) -> tuple[str, ...]:
        """The readable parts of the run's name, without task and seed."""
        settings = identity.flatten(self.plain())
        return tuple(str(settings[key]) for key in self.named_by)

    def identity(self) -> dict[str, Any]:
        """The flat `{dotted key: value}` that identifies this run."""
        return identity.identity(identity.flatten(self.plain()))

    @property
    def slug(self) -> str:
        """The run's folder name: readable, and ending in a hash of its identity."""
        digest = identity.digest(identity.flatten(self.plain()))
        return "-".join((self.task, *self.parts, f"seed{self.seed}", digest))

    @property
    def title(self) -> str:
        """The run's name in messages."""
        task = () if self.task == "train" else (self.task,)
        return " ".join((*task, *self.parts, "seed", str(self.seed)))
