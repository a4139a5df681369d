"""What a command would do, without doing it: `plan=true`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from isbe_bench import literal
from isbe_bench.execution.estimates import Estimates
from isbe_bench.measuring import devices, environment
from isbe_bench.progress import in_words
from isbe_bench.runs import overview, state
from isbe_bench.runs.folder import CHECKPOINT, RunFolder, changes
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
    known_results = cache(_Results)
    steps = [_step(ready, known_results(Path(ready.results_dir).expanduser())) for ready, _ in runs]
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
    text = literal.table(table)
    return f"{text}\n\n{summary}; {total}; nothing was run"


class _Results:
    """What a results folder tells about the runs in it."""

    def __init__(self, path: Path) -> None:
        self.runs = {each.slug: each for each in overview.read(path).runs}
        self.estimates = Estimates(path)


def _step(ready: ReadyRun, results: _Results) -> _Step:
    entry = results.runs.get(ready.slug)
    run = entry.run if entry else None
    folder, settings = RunFolder(ready), flatten(ready.plain())
    if run and run.state == "done" and not ready.force and not folder.lacking:
        return _Step("done")
    origin = environment.describe(devices.activate(ready.device))
    typical = results.estimates.typical(settings, str(origin["device"]))
    stages = state.stages(folder.path, settings)
    left = stages.left(typical) if stages else None
    if run and run.state == "running":
        return _Step("busy", str(run.worker or "by an unknown process"), left)
    detail: list[str] = [run.state] if run else []
    obstacle = _obstacle(ready, folder, stages, origin) if run else "no attempt yet"
    if run and obstacle:
        detail.append(obstacle)
    elif run and stages:
        detail.append(f"from {stages.name} {stages.finished + 1} of {stages.total}")
    if entry and entry.sweep and entry.state == "waiting":
        detail.append(f"{entry.sweep.worker} will come to it")
    if obstacle and stages:
        left = Stages(stages.name, stages.total, ()).left(typical)
    does = "to go on" if not obstacle else "to start again" if run else "to start"
    return _Step(does, "; ".join(detail), left)


def _obstacle(
    ready: ReadyRun, folder: RunFolder, stages: Stages | None, origin: Mapping[str, Any]
) -> str:
    """Why a run cannot build on its last attempt; empty if it can."""
    if ready.force:
        return "force=true"
    if folder.lacking:
        return f"without {', '.join(folder.lacking)}"
    if stages is None or not stages.finished:
        return "nothing was kept"
    if stages.name == "epoch" and not (folder.path / CHECKPOINT).exists():
        return "nothing was kept"
    changed = changes(folder.read_environment(), origin)
    return f"another {', '.join(changed)}" if changed else ""


def _time(seconds: float | None) -> str:
    return "unknown" if seconds is None else in_words(seconds)
