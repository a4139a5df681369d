"""Memory that runs out, numbers that overflow, clocks that jump, and devices that go away."""

import contextlib
import os
import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from injection.commands import pause
from injection.trial import Trial
from isbe_bench.runs import state

PARTS = Path(__file__).parent / "parts"
_FAULT = "ISBE_BENCH_FAULT"
"""The variable that `parts/failing.py` reads."""
_CLOCK = Path(__file__).parent / "clock"
Failure = Literal["GPU goes away", "GPU out of memory"]
_MESSAGES: Mapping[Failure, str] = {
    "GPU goes away": "CUDA error",
    "GPU out of memory": "CUDA out of memory",
}
_BYTES_LEFT = 1 << 20


def out_of_memory(trial: Trial) -> None:
    """From a random moment on, each process gets hardly more memory than it has then."""
    command = trial.start()
    pause(trial.moment())
    for process in command.processes():
        with contextlib.suppress(ProcessLookupError):
            limit = process.memory_info().vms + _BYTES_LEFT
            resource.prlimit(process.pid, resource.RLIMIT_AS, (limit, limit))
    trial.tally.injected += 1
    trial.finish(command)


def device_fails(trial: Trial, failure: Failure) -> None:
    """A loss raises what torch does when a device is lost, or its memory is full, from an epoch on."""
    fault = trial.folder / "fault"
    command = trial.start({_FAULT: str(fault)})
    trial.wait_for(command, "runs/*/epochs.csv")
    fault.write_text(_MESSAGES[failure])
    trial.tally.injected += 1
    if trial.ended(command) != 1:
        trial.tally.lost.append("the command did not end with the exit code 1")
    for run in trial.results.glob("runs/*"):
        found = state.read(run)
        if found is None or found.state == "done":
            continue
        if found.state != "failed" or _MESSAGES[failure] not in found.reason:
            trial.tally.lost.append(f"{run.name}: {found.state}, {found.reason}")
    fault.unlink()
    trial.finish()


def diverges(trial: Trial) -> None:
    """The half of the runs has a learning rate that no network stands; the others go on."""
    trial.tally.injected += 1
    if trial.ended(trial.start()) != 1:
        trial.tally.lost.append("the command did not end with the exit code 1")
    others = {run.name for run in trial.reference.results.glob("runs/*")}
    diverged = [run for run in trial.results.glob("runs/*") if run.name not in others]
    if len(diverged) != len(others):
        trial.tally.lost.append(f"{len(diverged)} runs diverged, {len(others)} should have")
    for run in diverged:
        found = state.read(run)
        if found is None or found.state != "diverged" or not found.reason:
            trial.tally.lost.append(f"{run.name}: {found.state if found else 'was never begun'}")
    trial.judge()


def clock_jumps(trial: Trial) -> None:
    """The clocks of all processes of the command jump at random, and nothing comes of it."""
    path = os.pathsep.join(filter(None, [str(_CLOCK), os.environ.get("PYTHONPATH", "")]))
    trial.tally.injected += 1
    command = trial.start({"PYTHONPATH": path})
    if (code := trial.ended(command)) != 0:
        trial.tally.lost.append(f"exit code {code}: {command.last_line}")
    trial.judge()
