"""The state of every run of a results folder: of those that have begun, and of those that are listed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from isbe_bench.runs import state, sweeps
from isbe_bench.runs.state import RunState, State
from isbe_bench.runs.sweeps import Sweep


@dataclass(frozen=True)
class Entry:
    """A run of a results folder.

    Attributes
    ----------
    slug
        The name of its folder, which need not exist.
    title
        That of its newest sweep; the name of its folder if no sweep lists it. No two are the same.
    state
        That of `run`; `waiting` if a process will come to it, `missing` if it has not begun.
    run
        None if it has not begun.
    sweep
        The newest sweep that lists it, of those whose process still works if there are any; None
        without one.
    """

    slug: str
    title: str
    state: State | Literal["waiting", "missing"]
    run: RunState | None
    sweep: Sweep | None


@dataclass(frozen=True)
class Overview:
    """The runs of a results folder, in the order of their sweeps, and the commands that are left."""

    runs: Sequence[Entry]

    @property
    def unfinished(self) -> list[str]:
        """Commands whose process has ended before their runs were done: the same ones continue them."""
        left = ("interrupted", "killed", "failed", "missing")
        ended = [each.sweep for each in self.runs if each.sweep and each.state in left]
        return list(dict.fromkeys(_continuation(sweep) for sweep in ended if not sweep.is_live))


def read(results: Path) -> Overview:
    """The state of every run of a results folder; none if it holds neither `runs/` nor `sweeps/`."""
    folders = [path for path in sorted((results / "runs").glob("*")) if path.is_dir()]
    newest: dict[str, Sweep] = {}
    live: dict[str, Sweep] = {}
    for each in sweeps.read(results):
        newest |= dict.fromkeys(each.runs, each)
        if each.is_live:
            live |= dict.fromkeys(each.runs, each)
    slugs = [*newest, *(path.name for path in folders if path.name not in newest)]
    titles = {slug: newest[slug].runs[slug] if slug in newest else slug for slug in slugs}
    count = Counter(titles.values())
    entries = []
    for slug, title in titles.items():
        run = state.read(results / "runs" / slug)
        unique = title if count[title] == 1 else f"{title} ({slug.rpartition('-')[2]})"
        sweep = live.get(slug) or newest.get(slug)
        entries.append(Entry(slug, unique, _state(run, live.get(slug)), run, sweep))
    return Overview(entries)


def _continuation(sweep: Sweep) -> str:
    return f"{sweep.command}  # unless {sweep.job} still does" if sweep.job else sweep.command


def _state(run: RunState | None, live: Sweep | None) -> State | Literal["waiting", "missing"]:
    """A live sweep comes to every run that is not done and has not been tried since it started."""
    if run and (run.state in ("done", "running") or not live or run.started >= live.started):
        return run.state
    return "waiting" if live else "missing"
