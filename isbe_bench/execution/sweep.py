"""The runs of a command: checked and listed, then done here or by workers."""

import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path

from isbe_bench import signals, tasks, tracking
from isbe_bench.errors import InputError
from isbe_bench.execution import handing_over, in_turn, launchers, listing
from isbe_bench.execution.lines import Titled, closing, say
from isbe_bench.execution.run import Outcome
from isbe_bench.runs import places
from isbe_bench.settings.launch import Here, Launch
from isbe_bench.settings.run import RunSettings
from isbe_bench.settings.titles import full_titles

_GOOD = ("done", "already done", "handed over")


def run_all(asked: Sequence[RunSettings], arguments: Sequence[str]) -> int:
    """Do all runs, here or by the workers that `launch` asks for, or only plan them.

    All runs are checked before the first one starts, and listed in `sweeps/`. An interrupt ends the
    current run as `interrupted`; no further run starts.

    Parameters
    ----------
    asked
        The runs.
    arguments
        Those of the command, as typed.

    Returns
    -------
    int
        0 if every run is done, handed over, or only planned; 128 + signal after a signal; else 1.

    Raises
    ------
    InputError
        A run that cannot be done on this machine, or workers that cannot be started; no run has started
        then.
    """
    launch = _launch(asked)
    _check_tracker(asked)
    runs = checked(asked)
    if any(settings.plan for settings in asked):
        from isbe_bench.execution import plan  # imports PyTorch

        print(plan.describe(runs))
        return 0
    name = secrets.token_hex(4)
    outcomes: dict[int, Outcome] = {}
    interrupted = False
    if isinstance(launch, Here):
        listing.write(runs, shlex.join(["isbe-bench", *arguments]))
        ends = in_turn.outcomes(runs, name)
    else:
        launchers.find(launch).check(launch, [ready for ready, _ in runs])
        ends = handing_over.outcomes(runs, name, launch, arguments)
    try:
        for number, outcome in ends:
            outcomes[number] = outcome
            interrupted = outcome.status == "interrupted"
    except KeyboardInterrupt:  # between two runs, or while others are at work
        interrupted = True
        say(signals.description())
        ends.close()
    if len(runs) > 1:
        say(closing(runs, outcomes))
    if interrupted:
        return signals.exit_code()
    good = [each for each in outcomes.values() if each.status in _GOOD]
    return 0 if len(good) == len(runs) else 1


def checked(asked: Sequence[RunSettings]) -> list[Titled]:
    """The runs, checked against machine and data, and their titles; InputError for a bad one."""
    ready = [tasks.find(each.task).check(launchers.with_their_device(each)) for each in asked]
    extras: dict[str, tuple[str, ...]] = {}
    for each in ready:
        results = Path(each.results_dir).expanduser()
        places.check_run(results, each.slug)
        tracking.check(each.tracker.name, results, each.slug)
        if extras.setdefault(each.slug, each.extras) != each.extras:
            raise InputError(
                "train.signals and train.save_weights: are no part of a run's name, so that a sweep "
                "through them would do runs again; allowed is one value of each"
            )
    return list(zip(ready, full_titles(ready), strict=True))


def _launch(asked: Sequence[RunSettings]) -> Launch:
    first = asked[0].launch
    for settings in asked:
        if settings.launch != first:
            raise InputError("launch: allowed is one way for all runs of a command")
    return first


def _check_tracker(asked: Sequence[RunSettings]) -> None:
    """Check that no run is asked for twice, under two trackers."""
    if any(settings.tracker != asked[0].tracker for settings in asked):
        raise InputError("tracker: allowed is one for all runs of a command")
