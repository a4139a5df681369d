"""What trackers have in common: what they are told, and under which names."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from isbe_bench.runs.folder import Status
from isbe_bench.runs.rows import Epoch
from isbe_bench.settings.words import shown

PROJECT = "isbe-bench"
"""The experiment or project of all runs, unless the user's environment names another."""

_CURVES = MappingProxyType(
    {
        "lr": "lr",
        "running_loss": "loss/running",
        "train_loss": "loss/train",
        "validation_loss": "loss/validation",
        "test_loss": "loss/test",
        "train_accuracy": "accuracy/train",
        "validation_accuracy": "accuracy/validation",
        "test_accuracy": "accuracy/test",
        "forward_ms": "time/forward_ms",
        "backward_ms": "time/backward_ms",
        "optimizer_ms": "time/optimizer_ms",
        "data_ms": "time/data_ms",
        "epoch_s": "time/epoch_s",
    }
)
"""The name of each column of `epochs.csv`: trackers draw what has the same first part side by side."""


@dataclass(frozen=True)
class Beginning:
    """A run that begins or goes on.

    Attributes
    ----------
    slug, title
        The name of its folder, and its name in messages.
    task
        As in `task=NAME`.
    settings
        Those that records keep, by dotted key.
    environment
        As in `environment.json`.
    store
        The folder of this tracker in the results folder, which need not exist.
    known_as
        The tracked run that goes on, as `TrackedRun.name`; empty for a new one.
    """

    slug: str
    title: str
    task: str
    settings: Mapping[str, Any]
    environment: Mapping[str, Any]
    store: Path
    known_as: str


@dataclass(frozen=True)
class Ending:
    """How a run ended.

    Attributes
    ----------
    note
        A few words on what it found, or on what ended it.
    alpha
        Of a finished training, in percent; else None.
    files
        The tables and texts of a finished run; else none.
    """

    status: Status
    note: str
    alpha: float | None
    files: Sequence[Path]


@dataclass(frozen=True)
class Verdict:
    """A claim of a paper, and what became of it."""

    paper: str
    claim: str
    verdict: str
    evidence: str


@dataclass(frozen=True)
class Published:
    """What was published of a results folder.

    Attributes
    ----------
    results
        The folder.
    store
        The folder of this tracker in it, which need not exist.
    figures
        The PNG files.
    report
        The report as one HTML file.
    verdicts
        One for each claim.
    """

    results: Path
    store: Path
    figures: Sequence[Path]
    report: Path
    verdicts: Sequence[Verdict]


class TrackedRun(Protocol):
    """A run as a tracker has it."""

    @property
    def name(self) -> str:
        """What finds it again when the run goes on: letters, digits and `_.-`."""

    def record(self, epochs: Sequence[Epoch]) -> None:
        """Record the next epochs; after a resume also all earlier ones, of which it may have some."""

    def end(self, ending: Ending) -> None:
        """Record how the run ended, and close it."""


class Tracker(Protocol):
    """A module of this package, which imports its library. It may raise whatever that raises."""

    def begin(self, run: Beginning) -> TrackedRun:
        """Begin to track a run, or go on with it."""

    def publish(self, published: Published) -> str:
        """Show figures and verdicts beside the runs; returns where, in words."""


def curves(epoch: Epoch) -> dict[str, float]:
    """The values of an epoch by the names of their curves, without those that were not measured."""
    row = dataclasses.asdict(epoch)
    return {name: row[column] for column, name in _CURVES.items() if not math.isnan(row[column])}


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as they are typed on the command line."""
    return {key: shown(list(each) if isinstance(each, tuple) else each) for key, each in values.items()}
