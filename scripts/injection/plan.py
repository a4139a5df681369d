"""Which faults are injected, and into which sweeps."""

import functools
import itertools
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from injection import inputs, machine, storage
from injection import kills as killing
from injection.commands import Command, Who
from injection.trial import Reference, Trial

HERE, PROCESSES = "launch=here", "launch=processes launch.workers=2"

_COMMON = "-m device=cpu device.threads=1"
TRAININGS = f"{_COMMON} dataset=digits train.epochs=3 loss=ce_mean,isbe_softmax seed=0,1"
TIMED = (
    f"{_COMMON} dataset=digits task=timing timing.losses=[ce_mean,isbe_softmax] seed=0,1 "
    "timing.processes=2 timing.rounds=1 timing.warmup=1"
)
TINY = f"{_COMMON} {' '.join(inputs.TINY)} seed=0,1,2"
FAILING = (
    f"--config-dir={shlex.quote(str(machine.PARTS))} {_COMMON} dataset=digits "
    "train.epochs=3 loss=failing seed=0,1"
)
SWEEPS = (TRAININGS, TIMED, TINY, FAILING)

_KILLED: tuple[tuple[Who, str, str], ...] = (
    ("worker", PROCESSES, TRAININGS),
    ("child", HERE, TIMED),
    ("group", HERE, TRAININGS),
    ("command", PROCESSES, TRAININGS),
    ("worker", PROCESSES, TIMED),
    ("child", PROCESSES, TIMED),
    ("group", PROCESSES, TRAININGS),
    ("command", HERE, TRAININGS),
    ("group", HERE, TIMED),
    ("command", PROCESSES, TIMED),
    ("group", PROCESSES, TIMED),
    ("command", HERE, TIMED),
)
_KILLS_OF_A_TRIAL = 6
_KILLS_OF_ANOTHER = 40
_WHO: Mapping[Who, str] = {
    "worker": "a worker",
    "child": "a measuring process",
    "group": "a command with all its processes",
    "command": "a command alone",
}


@dataclass(frozen=True)
class Case:
    """A kind of fault, and a sweep to inject it into.

    Attributes
    ----------
    title
        What the row of the table is called; cases of one title share a row.
    sweep
        One of `SWEEPS`.
    launch
        More arguments, which change no number.
    inject
        Disturbs a trial, and judges it.
    faults
        How many it injects.
    """

    title: str
    sweep: str
    launch: str
    inject: Callable[[Trial], None]
    faults: int = 1

    def trial(self, reference: Reference, folder: Path, seed: str) -> Trial:
        """A trial with what its sweep needs, not yet begun."""
        data = (inputs.make(folder / inputs.DATA),) if self.sweep == TINY else ()
        return Trial(reference, folder, (*shlex.split(self.launch), *data), seed)


def reference(sweep: str, folder: Path) -> Reference:
    """Do a sweep undisturbed; RuntimeError if it fails even so."""
    arguments, results = tuple(shlex.split(sweep)), folder / "results"
    data = (inputs.make(folder / inputs.DATA),) if sweep == TINY else ()
    command = Command((*arguments, *data, f"results_dir={results}"), folder)
    if command.wait() != 0:
        raise RuntimeError(f"the sweep fails undisturbed: {command.printed}")
    return Reference(arguments, results, command.seconds)


def cases(kills: int, mounts: bool) -> list[Case]:
    """All faults.

    Parameters
    ----------
    kills
        The number of kills. Other faults at random moments come once for every so many of them.
    mounts
        Whether file systems can be mounted.
    """
    return [*_kills(kills), *_others(max(1, kills // _KILLS_OF_ANOTHER), mounts)]


def _kills(kills: int) -> Iterator[Case]:
    counts = [len(range(number, kills, len(_KILLED))) for number in range(len(_KILLED))]
    for (who, launch, sweep), left in zip(_KILLED, counts, strict=True):
        for done in range(0, left, _KILLS_OF_A_TRIAL):
            count = min(_KILLS_OF_A_TRIAL, left - done)
            inject = functools.partial(killing.kills, who=who, count=count)
            yield Case(f"SIGKILL: {_WHO[who]}", sweep, launch, inject, count)


def _others(times: int, mounts: bool) -> Iterator[Case]:
    launches = itertools.cycle((PROCESSES, HERE))
    at_random: list[tuple[str, Callable[[Trial], None]]] = [
        ("SIGKILL: one of two equal sweeps", killing.side_by_side),
        ("disk full", storage.files_limited),
        ("results folder vanishes", storage.results_vanish),
        ("run folder vanishes", storage.run_vanishes),
        ("folder turns read-only", storage.read_only),
        ("out of memory", machine.out_of_memory),
    ]
    if mounts:
        at_random += [("disk full", storage.disk_too_small), ("disk full", storage.disk_fills)]
    for title, inject in at_random * times:
        yield Case(title, TRAININGS, next(launches), inject)
    for damage in get_args(inputs.Damage):
        for where in (inputs.damaged_before, inputs.damaged_between):
            inject = functools.partial(where, damage=damage)
            yield Case(f"data file {damage}", TINY, next(launches), inject)
    for failure in get_args(machine.Failure):
        inject = functools.partial(machine.device_fails, failure=failure)
        yield Case(f"{failure} (simulated)", FAILING, next(launches), inject)
    yield Case("NaN", TINY, f"{HERE} optimizer.lr=0.01,1e30", machine.diverges)
    yield Case("NaN", TINY, f"{PROCESSES} optimizer.lr=0.01,1e30", machine.diverges)
    for sweep in (TRAININGS, TIMED):
        yield Case("clock jumps", sweep, next(launches), machine.clock_jumps)
