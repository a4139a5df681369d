"""`launch=slurm`: a Slurm job array, submitted at once by submitit.

A task of the array runs this module, which keeps one worker at work. Told to save, by its time limit or
by preemption, it is queued again, and its worker goes on where it stopped.
"""

import contextlib
import io
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence

from isbe_bench import extras
from isbe_bench.errors import InputError
from isbe_bench.execution.launchers import supervising
from isbe_bench.execution.launchers.launcher import Job, Launched, are_timed
from isbe_bench.execution.launchers.shift import Shift
from isbe_bench.settings.launch import Slurm
from isbe_bench.settings.run import ReadyRun
from isbe_bench.settings.words import plural

_ENGINE = ("submitit", "launch=slurm")
_COMMANDS = ("sbatch", "squeue", "scontrol")
_SECONDS_BETWEEN_QUESTIONS = 10.0
"""Many users share the controller that answers."""
_QUEUED_AGAIN = (signal.SIGUSR1, signal.SIGUSR2)


class Array(Launched):
    """A job array. It goes on without this process."""

    def __init__(self, number: str, tasks: int, is_watched: bool) -> None:
        self._number = number
        self._tasks = tasks
        self.is_watched = is_watched
        self._are_at_work = True
        self._ask_at = 0.0
        self._news = ""

    def __str__(self) -> str:
        return f"{self.job}, {plural(self._tasks, 'task')} (squeue --jobs {self._number})"

    @property
    def job(self) -> str:
        return f"Slurm job {self._number}"

    def are_at_work(self) -> bool:
        if time.monotonic() >= self._ask_at:
            self._are_at_work = self._is_queued()
            self._ask_at = time.monotonic() + _SECONDS_BETWEEN_QUESTIONS
        return self._are_at_work

    def news(self) -> str:
        return self._news

    def _is_queued(self) -> bool:
        command = ["squeue", "--noheader", "--array", "--format=%T %r", f"--jobs={self._number}"]
        asked = subprocess.run(command, capture_output=True, encoding="utf-8")
        if asked.returncode and "Invalid job id" not in asked.stderr:
            self._news = f"Slurm does not answer ({' '.join(asked.stderr.split())[:100]})"
            return True
        tasks = Counter(line.removesuffix(" None").lower() for line in asked.stdout.splitlines())
        words = ", ".join(f"{count} {state}" for state, count in tasks.items())
        self._news = f"{self.job}: {words}" if tasks else f"{self.job} has ended"
        return bool(tasks)

    def stop(self) -> str:
        return (
            f"{self.job} goes on without this command: isbe-bench status shows its runs, "
            f"scancel {self._number} ends it"
        )


def check(launch: Slurm, runs: Sequence[ReadyRun]) -> None:
    """Check that jobs can be submitted from here."""
    extras.imported(*_ENGINE)
    if launch.save_seconds >= 60 * launch.minutes:
        raise InputError(
            f"launch.save_seconds={launch.save_seconds}: allowed is less than {60 * launch.minutes}, "
            f"the seconds of launch.minutes={launch.minutes}"
        )
    for command in _COMMANDS:
        if shutil.which(command) is None:
            raise InputError(
                f"launch=slurm: this machine has no {command}; allowed is on a Slurm cluster"
            )


def start(launch: Slurm, job: Job) -> Launched:
    """Submit the array, with at most one task for each run."""
    submitit = extras.imported(*_ENGINE)
    count = min(launch.workers, len(job.runs))
    folder = job.path.with_suffix(".slurm")
    folder.mkdir(exist_ok=True)
    executor = submitit.SlurmExecutor(folder)
    parameters = {
        "job_name": "isbe-bench",
        "time": launch.minutes,
        "signal_delay_s": launch.save_seconds,
        "cpus_per_task": launch.cpus,
        "gpus_per_node": launch.gpus or None,
        "mem": f"{launch.memory_gb:g}GB" if launch.memory_gb else None,
        "partition": launch.partition,
        "exclusive": True if are_timed(job.runs) else None,
        "setup": [*launch.setup, f"export OMP_NUM_THREADS=${{OMP_NUM_THREADS:-{launch.cpus}}}"],
        "stderr_to_stdout": True,
        "additional_parameters": {"requeue": True, **_parameters(launch.options)},
    }
    try:
        executor.update_parameters(**{key: each for key, each in parameters.items() if each is not None})
        # Not `map_array`: it would pickle a function into the results folder, and load it from there.
        executor.parameters["map_count"] = executor.parameters["array_parallelism"] = count
        command = [sys.executable, "-m", __name__, job.shift.text()]
        with contextlib.redirect_stderr(io.StringIO()):  # what sbatch says is in the error
            submitted = executor._submit_command(shlex.join(command))
    except (OSError, submitit.core.utils.FailedJobError) as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"launch=slurm: the job cannot be submitted ({reason})") from error
    return Array(submitted.job_id, count, launch.wait)


def _parameters(options: Sequence[str]) -> dict[str, str | bool]:
    """Options of sbatch as submitit takes them."""
    pairs = (each.removeprefix("--").partition("=") for each in options)
    return {name: value or True for name, _, value in pairs}


def _work(shift: Shift) -> None:
    """What a task of the array does."""
    if supervising.man(shift) in _QUEUED_AGAIN:
        subprocess.run(["scontrol", "requeue", os.environ["SLURM_JOB_ID"]], check=True)


if __name__ == "__main__":
    _work(Shift.read(sys.argv[1]))
