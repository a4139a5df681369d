"""What the timed tasks share: fresh processes, one after another, on a device that is theirs alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from tqdm import tqdm

from isbe_bench.measuring import device_lock, devices, environment, processes
from isbe_bench.runs import manifest
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import PROCESSES, Conditions
from isbe_bench.settings.config import Config
from isbe_bench.statistics.intervals import MeanInterval


class Sample(Protocol):
    """A row of raw samples."""

    @property
    def process(self) -> int:
        """The number of the process that measured it, from 0."""


Row = TypeVar("Row", bound=Sample)


@dataclass(frozen=True)
class Plan:
    """How long one process takes, as it reports when it knows."""

    seconds: float


@dataclass(frozen=True)
class Task(Generic[Row]):
    """A timed task.

    Attributes
    ----------
    work
        `(config, process, report) -> (rows, conditions)`, run in a fresh process; it reports a `Plan`
        and now and then the number of rounds that it has done.
    file
        The CSV file of its raw samples.
    row
        Their dataclass; has a field `process`.
    processes, rounds
        How many of each, rounds a process with the warm-up.
    """

    work: Callable[[Any, int, processes.Report], tuple[list[Row], Conditions]]
    file: str
    row: type[Row]
    processes: int
    rounds: int


def run(config: Config, folder: RunFolder, task: Task[Row]) -> list[Row]:
    """Measure in all processes that are not done yet, recording each as it ends; returns all samples.

    A run that waits for the device, or is interrupted while it waits, leaves its folder as it was.
    """
    device = devices.activate(config.device)
    with device_lock.hold(device):
        origin = environment.describe(device)
        rows, finished = ([], []) if config.force else _finished(folder, task, origin)
        if not finished:
            folder.clear()
        folder.begin(origin)
        with _bar(config, task, len(finished)) as bar:
            first = len(finished)
            for process in range(first, task.processes):
                listener = _Listener(bar, task, process, announces=process == first)
                new, conditions = processes.run_fresh(task.work, config, process, heard=listener)
                rows += new
                finished.append(conditions)
                folder.write_rows(task.file, rows)
                folder.write_rows(PROCESSES, finished)
                manifest.write(folder.path)
                bar.update((process + 1) * task.rounds - bar.n)
    for conditions in finished:
        if conditions.disturbed:
            tqdm.write(f"process {conditions.process} is untrusted: {conditions.disturbed}")
    return rows


def control_note(tau: MeanInterval, total: MeanInterval) -> str:
    """What the A/A control says of a measurement, and what to do where it is off."""
    note = (
        f"A/A {tau.mean:+.2f} [{tau.low:+.2f}, {tau.high:+.2f}] points of tau, "
        f"{total.mean:+.2f}% [{total.low:+.2f}, {total.high:+.2f}] of the total"
    )
    if tau.holds_zero and total.holds_zero:
        return note
    return (
        f"{note}: UNTRUSTED, equals differ; end other work, or raise timing.processes, and measure "
        "again with force=true (of sound measurements, 1 in 10 comes out so)"
    )


def _finished(
    folder: RunFolder, task: Task[Row], origin: dict[str, Any]
) -> tuple[list[Row], list[Conditions]]:
    """What an interrupted run has recorded: the samples and conditions of its whole processes."""
    finished = folder.read_rows(PROCESSES, Conditions)
    if not finished or folder.status() == "done":
        return [], []
    if not folder.continues(folder.read_environment(), origin):
        return [], []
    rows = [row for row in folder.read_rows(task.file, task.row) if row.process < len(finished)]
    whole = len({row.process for row in rows}) == len(finished)
    return (rows, finished) if whole else ([], [])


def _bar(config: Config, task: Task[Any], finished: int) -> "tqdm[Any]":
    return tqdm(
        total=task.processes * task.rounds,
        initial=finished * task.rounds,
        desc=config.title,
        unit="round",
        disable=None,  # silent where the output is not a terminal
        leave=False,
        dynamic_ncols=True,
    )


class _Listener:
    """Shows on a bar, shared by all processes, what one of them reports."""

    def __init__(self, bar: "tqdm[Any]", task: Task[Any], process: int, announces: bool) -> None:
        self._bar = bar
        self._task = task
        self._process = process
        self._announces = announces

    def __call__(self, content: int | Plan) -> None:
        if isinstance(content, int):
            self._bar.update(self._process * self._task.rounds + content - self._bar.n)
        elif self._announces:
            left = self._task.processes - self._process
            minutes, seconds = divmod(round(left * content.seconds), 60)
            tqdm.write(
                f"{left} processes of {self._task.rounds} rounds, about {minutes} min {seconds:02d} s"
            )
