"""What a command would do, without doing it: `plan=true`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from isbe_bench.execution.estimates import Estimates
from isbe_bench.measuring import devices, environment
from isbe_bench.progress import in_words
from isbe_bench.runs import state
from isbe_bench.runs.folder import CHECKPOINT, RunFolder, changes
from isbe_bench.runs.rows import PROCESSES
from isbe_bench.runs.state import Stages
from isbe_bench.settings.identity import flatten
from isbe_bench.settings.run import ReadyRun


@dataclass(frozen=True)
class _Step:
    """What a command would do about one run; `seconds` is None if nobody knows how long it takes."""

    does: str
    detail: str = ""
    seconds: float | None = None


def describe(runs: Sequence[tuple[ReadyRun, str]]) -> str:
    """A table of the runs that are left, each under its title, their number and the time they take."""
    estimates = cache(Estimates)
    steps = [_step(ready, estimates(Path(ready.results_dir).expanduser())) for ready, _ in runs]
    left = [(title, step) for (_, title), step in zip(runs, steps, strict=True) if step.does != "done"]
    rows = [(title, step.does, step.detail, _time(step.seconds)) for title, step in left]
    counts = Counter(step.does for step in steps)
    words = ", ".join(f"{count} {does}" for does, count in counts.items())
    summary = f"{len(runs)} runs: {words}" if len(runs) > 1 else f"1 run: {words}"
    if not left:
        return f"{summary}; nothing is left to run"
    table = pd.DataFrame(rows, columns=["run", "plan", "detail", "time left"])
    known = [step.seconds for _, step in left if step.seconds is not None]
    total = f"about {in_words(sum(known))} left" if known else "time left unknown"
    if known and len(known) < len(left):
        total += f", without {len(left) - len(known)} of unknown length"
    text = table.to_markdown(index=False, disable_numparse=True)
    return f"{text}\n\n{summary}; {total}; nothing was run"


def _step(ready: ReadyRun, estimates: Estimates) -> _Step:
    folder = RunFolder(ready).path
    found = state.read(folder)
    if found and found.state == "done" and not ready.force:
        return _Step("done")
    settings = flatten(ready.plain())
    origin = environment.describe(devices.activate(ready.device))
    stages = state.stages(folder, settings)
    typical = estimates.typical(settings, str(origin["device"]))
    if found and found.state == "running":
        worker = f"{found.worker.host}, process {found.worker.process}" if found.worker else "unknown"
        return _Step("another process is at it", worker, stages.left(typical) if stages else None)
    fresh = Stages(stages.name, stages.total, ()) if stages else None
    afresh = fresh.left(typical) if fresh else None
    if found is None:
        return _Step("to start", "", afresh)
    if ready.force:
        return _Step("to repeat", found.state, afresh)
    if stages is None or not stages.finished or not _is_kept(folder, stages):
        return _Step("to start again", found.state, afresh)
    if changed := changes(RunFolder(ready).read_environment(), origin):
        return _Step("to start again", f"{found.state}; another {', '.join(changed)}", afresh)
    place = f"{found.state}; from {stages.name} {stages.finished + 1} of {stages.total}"
    return _Step("to go on", place, stages.left(typical))


def _is_kept(folder: Path, stages: Stages) -> bool:
    """Whether the finished stages can be built upon."""
    return (folder / (CHECKPOINT if stages.name == "epoch" else PROCESSES)).exists()


def _time(seconds: float | None) -> str:
    return "unknown" if seconds is None else in_words(seconds)
