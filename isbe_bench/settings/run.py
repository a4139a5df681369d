"""The settings that all tasks share."""

from typing import Any, ClassVar

from pydantic import model_validator

from isbe_bench.settings import code, identity, own
from isbe_bench.settings.device import Device, ReadyDevice
from isbe_bench.settings.fields import PathText, Seed, Settings
from isbe_bench.settings.launch import AnyLaunch
from isbe_bench.settings.tracker import Tracker


class RunSettings(Settings):
    """All settings of one run as a command requests it; each task adds its own."""

    task: str
    device: Device
    seed: Seed
    results_dir: PathText
    force: bool
    plan: bool
    launch: AnyLaunch
    tracker: Tracker = Tracker(name="none")  # which older records lack


class Code(Settings, extra="allow"):
    """The hash of the code of each of the user's own parts, by its target."""

    __pydantic_extra__: dict[str, str]


class ReadyRun(RunSettings):
    """A run that was checked against machine and data, with no setting left open.

    Only the checks of a task create one, and only such a run has a name and a folder.

    Attributes
    ----------
    named_by
        The dotted keys whose values are part of the run's name, besides task and seed.
    code
        Of the user's own parts, but for data sets, which have a fingerprint.
    """

    named_by: ClassVar[tuple[str, ...]] = ()

    device: ReadyDevice
    code: Code

    @model_validator(mode="before")
    @classmethod
    def _with_code(cls, values: dict[str, Any]) -> dict[str, Any]:
        parts = [
            part.plain() if isinstance(part, Settings) else part
            for group, part in values.items()
            if group != "dataset"
        ]
        return {**values, "code": code.hashes(own.targets(parts))}

    def plain(self) -> dict[str, Any]:
        """As for any group; without `code` if there is none."""
        values = super().plain()
        return {key: values[key] for key in values if key != "code" or values[key]}

    @property
    def parts(self) -> tuple[str, ...]:
        """The readable parts of the run's name, without task and seed."""
        settings = identity.flatten(self.plain())
        return tuple(str(settings[key]) for key in self.named_by)

    @property
    def extras(self) -> tuple[str, ...]:
        """What is to be recorded that is no part of the identity: without it, no run is finished."""
        return ()

    @property
    def extras_at_the_end(self) -> tuple[str, ...]:
        """Those of `extras` that the end of a run gives, whatever it was begun with."""
        return ()

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
