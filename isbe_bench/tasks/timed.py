"""Measuring in fresh processes, one after another, with exclusive use of the device."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, Protocol, TypeVar

from tqdm import tqdm

from isbe_bench.measuring import balanced_rounds, clocks, device_lock, devices, environment, processes
from isbe_bench.measuring.conditions import Watch
from isbe_bench.progress import Progress, Work
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import PROCESSES, Conditions
from isbe_bench.settings.device import ReadyDevice
from isbe_bench.settings.run import ReadyRun


class Row(Protocol):
    """A row of raw samples."""

    @property
    def process(self) -> int:
        """Index of the process that measured it, from 0."""


Sample = TypeVar("Sample", bound=Row)


@dataclass(frozen=True)
class Estimate:
    """Estimated duration of one process, reported once it is known."""

    seconds: float


@dataclass(frozen=True)
class Plan(Generic[Sample]):
    """What a timed run measures.

    Attributes
    ----------
    work
        `(ready, process, report) -> (rows, conditions)`, called in a fresh process. It reports an
        `Estimate`, and repeatedly the number of rounds done; a `Session` does both.
    file
        Name of the CSV file of raw samples.
    row
        Dataclass of the samples; has a field `process`.
    processes, rounds
        Number of processes, and of rounds in each, warm-up included.
    """

    work: Callable[[Any, int, processes.Report], tuple[list[Sample], Conditions]]
    file: str
    row: type[Sample]
    processes: int
    rounds: int


def run(ready: ReadyRun, folder: RunFolder, plan: Plan[Sample]) -> list[Sample]:
    """Measure in all remaining processes, recording each when it ends; returns all samples.

    While the run waits for the device, its folder is not changed.
    """
    device = devices.activate(ready.device)
    with device_lock.hold(device):
        origin = environment.describe(device, ready.plain())
        rows, finished = ([], []) if folder.is_repeated else _finished(folder, plan, origin)
        if not finished:
            folder.clear()
        folder.begin(origin)
        first = len(finished)
        steps = plan.processes * plan.rounds
        work = Work(folder.title, steps, "round", stages=plan.processes, stage="process")
        with Progress(work, done=first * plan.rounds) as progress:
            for process in range(first, plan.processes):
                listener = _Listener(progress, plan, process, announces=process == first)
                new, conditions = processes.run_fresh(plan.work, ready, process, heard=listener)
                rows += new
                finished.append(conditions)
                folder.write_rows(plan.file, rows)
                folder.write_rows(PROCESSES, finished)
                folder.write_manifest()
                progress.advance((process + 1) * plan.rounds - progress.done)
    for conditions in finished:
        if conditions.disturbed:
            tqdm.write(f"process {conditions.process} is untrusted: {conditions.disturbed}")
    return rows


class Session:
    """The measurement of one fresh process: its device, progress reports and conditions.

    Create it before any set-up, so that the set-up is part of the estimate.
    """

    def __init__(self, device: ReadyDevice, process: int, report: processes.Report) -> None:
        self._created = time.monotonic()
        self.device = devices.activate(device)
        self._process = process
        self._report = report
        self._rounds = 0  # rounds of earlier calls of `measure`

    def begin(self, seconds: float | None = None) -> None:
        """End the set-up and start watching for disturbances.

        `seconds` is the expected duration of all rounds; None estimates it from the warm-up.
        """
        self._setup = time.monotonic() - self._created
        self._estimated = seconds is not None
        if seconds is not None:
            self._report(Estimate(self._setup + seconds))
        self._throttled = processes.Throttle(self._report)
        self._watch = Watch(self._process, clocks.cost_ms(clocks.make(self.device)), self.device)

    def measure(
        self,
        subjects: Mapping[str, balanced_rounds.Subject],
        warmup: int,
        rounds: int,
        order: balanced_rounds.Order = balanced_rounds.measure,
    ) -> list[balanced_rounds.SubjectTimes]:
        """Measure all rounds of these subjects; may be called again for other subjects."""
        ends = [time.monotonic()]

        def progress(done: int) -> None:
            ends.append(time.monotonic())
            if done == max(1, warmup) and not self._estimated:
                quickest = min(after - before for before, after in pairwise(ends))  # the first are cold
                self._report(Estimate(self._setup + quickest * (warmup + rounds)))
                self._estimated = True
            self._throttled(self._rounds + done)

        samples = list(order(subjects, warmup, rounds, progress))
        self._rounds += warmup + rounds
        return samples

    def conditions(self) -> Conditions:
        """The conditions from `begin` until now, with any disturbance."""
        return self._watch.conditions()


def _finished(
    folder: RunFolder, plan: Plan[Sample], origin: dict[str, Any]
) -> tuple[list[Sample], list[Conditions]]:
    """The recorded samples and conditions of the completed processes of an interrupted run."""
    finished = folder.read_rows(PROCESSES, Conditions)
    if not finished or folder.status() == "done":
        return [], []
    if not folder.continues(folder.read_environment(), origin):
        return [], []
    rows = [row for row in folder.read_rows(plan.file, plan.row) if row.process < len(finished)]
    whole = len({row.process for row in rows}) == len(finished)
    return (rows, finished) if whole else ([], [])


class _Listener:
    """Counts the rounds that one process reports; all processes share the progress."""

    def __init__(self, progress: Progress, plan: Plan[Any], process: int, announces: bool) -> None:
        self._progress = progress
        self._plan = plan
        self._process = process
        self._announces = announces

    def __call__(self, content: int | Estimate) -> None:
        if isinstance(content, int):
            rounds = self._process * self._plan.rounds + content
            self._progress.advance(rounds - self._progress.done)
        elif self._announces:
            left = self._plan.processes - self._process
            minutes, seconds = divmod(round(left * content.seconds), 60)
            tqdm.write(
                f"{left} processes of {self._plan.rounds} rounds, about {minutes} min {seconds:02d} s"
            )
