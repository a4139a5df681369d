"""`launch`: where the runs of a command are done."""

from typing import Annotated, Literal

from annotated_types import Ge, MinLen
from pydantic import Field

from isbe_bench.settings.fields import AtLeastOne, NotNegative, Positive, Settings

NonEmpty = Annotated[str, MinLen(1)]
SbatchOption = Annotated[
    str, Field(pattern=r"^--[a-z][a-z-]*(=.+)?$", json_schema_extra={"format": "option"})
]


class Here(Settings):
    """In this process, one after another."""

    name: Literal["here"]


class Processes(Settings):
    """In several processes on this machine.

    Attributes
    ----------
    workers
        Their number; null for one on each GPU, or without a GPU on each core.
    """

    name: Literal["processes"]
    workers: AtLeastOne | None


class Slurm(Settings):
    """In the tasks of a Slurm job array.

    Attributes
    ----------
    workers
        The number of tasks.
    cpus, gpus, memory_gb
        Of each task; null for the cluster's default memory. Timed runs get whole nodes.
    minutes
        The time limit of a task. A task that reaches it is queued again and goes on.
    save_seconds
        How long before its time limit a task is told to save and leave.
    partition
        Null for the cluster's default.
    options
        More options of `sbatch`, as it takes them: `--account=mine`.
    setup
        Lines of shell before a task, such as `module load cuda`.
    wait
        Whether the command stays until all runs have ended.
    """

    name: Literal["slurm"]
    workers: AtLeastOne
    cpus: AtLeastOne
    gpus: Annotated[int, Ge(0)]
    memory_gb: Positive | None
    minutes: AtLeastOne
    save_seconds: AtLeastOne
    partition: NonEmpty | None
    options: Annotated[tuple[SbatchOption, ...], Field(strict=False)]
    setup: Annotated[tuple[str, ...], Field(strict=False)]
    wait: bool


class Ray(Settings):
    """In tasks on a Ray cluster.

    Attributes
    ----------
    address
        Of the cluster's head, as `host:port` or `ray://host:port`; `auto` for the one of this machine;
        null for a cluster of this machine alone, which ends with the command.
    workers
        The number of tasks.
    cpus, gpus
        Of each task. Timed runs get whole nodes.
    """

    name: Literal["ray"]
    address: NonEmpty | None
    workers: AtLeastOne
    cpus: AtLeastOne
    gpus: NotNegative


Launch = Here | Processes | Slurm | Ray
AnyLaunch = Annotated[Launch, Field(discriminator="name")]
"""`Launch` with the discriminator for its validation."""
