"""Runs that are done by workers: sent, and watched until they have ended."""

import shlex
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from isbe_bench.execution import launchers, listing
from isbe_bench.execution.launchers.launcher import Job, Launched
from isbe_bench.execution.launchers.shift import Shift
from isbe_bench.execution.lines import Titled, place, say, words
from isbe_bench.execution.run import Outcome
from isbe_bench.progress import Progress, Work
from isbe_bench.runs import state
from isbe_bench.runs.files import make_folder
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings.launch import Launch
from isbe_bench.settings.run import ReadyRun

_POLL_SECONDS = 0.5
_MOST_OF_THE_TIME = 9
"""How many times longer it waits than it reads folders, which may be many and lie far away."""


def outcomes(
    runs: Sequence[Titled], sweep: str, launch: Launch, arguments: Sequence[str]
) -> Generator[tuple[int, Outcome]]:
    """Let workers do the runs that are not done; gives each with its number when it has ended.

    Parameters
    ----------
    runs
        Those of the command.
    sweep
        The name of this start of the sweep.
    launch
        Where the workers are.
    arguments
        Those of the command, as typed.
    """
    folders = [RunFolder(ready, title, sweep) for ready, title in runs]
    left = []
    for number, (ready, _) in enumerate(runs):
        if folders[number].has_ended():
            yield number, Outcome(ready, "already done")
        else:
            left.append(number)
    command = shlex.join(["isbe-bench", *arguments])
    if not left:
        listing.write(runs, command)
        return
    results = dict.fromkeys(str(Path(ready.results_dir).expanduser().absolute()) for ready, _ in runs)
    shift = Shift(sweep, tuple(arguments), str(Path.cwd()), tuple(results))
    files = listing.path(runs).with_suffix("")
    job = Job(shift, tuple(runs[number][0] for number in left), files)
    make_folder(files.parent)
    launched = launchers.find(launch).start(launch, job)
    listing.write(runs, command, launched.job)
    say(f"{len(left)} of {len(runs)} runs to do: {launched}")
    if not launched.is_watched:
        say(f"handed over to {launched.job}; isbe-bench status shows the runs")
        for number in left:
            yield number, Outcome(runs[number][0], "handed over", launched.job)
        return
    try:
        yield from _watched(runs, folders, left, launched)
    except (KeyboardInterrupt, GeneratorExit):
        say(launched.stop())
        raise


def _watched(
    runs: Sequence[Titled], folders: Sequence[RunFolder], left: list[int], launched: Launched
) -> Generator[tuple[int, Outcome]]:
    """Each run as it ends, until all have ended or no worker is left; says how each ended."""
    left, news = list(left), ""
    with Progress(Work(f"{len(left)} runs", len(left), "run")) as progress:
        while left:
            started = time.monotonic()
            at_work = launched.are_at_work()  # asked first, so that the last results are seen
            if launched.news() != news:
                news = launched.news()
                say(news)
            for number in [each for each in left if folders[each].has_ended()]:
                left.remove(number)
                outcome = _ended(runs[number][0], folders[number])
                say(f"{place(runs, number)}: {words(outcome)}")
                progress.advance()
                yield number, outcome
            if not at_work:
                break
            if left:
                time.sleep(max(_POLL_SECONDS, _MOST_OF_THE_TIME * (time.monotonic() - started)))
    if left:
        say(
            f"no worker is left, but {len(left)} of {len(runs)} runs; the same command goes on with them"
        )


def _ended(ready: ReadyRun, folder: RunFolder) -> Outcome:
    status, found = folder.status(), state.read(folder.path)
    assert status is not None  # it has ended
    assert found is not None
    trace = folder.path / "status.json" if status in ("error", "diverged") else None
    return Outcome(ready, status, found.note, found.seconds, trace)
