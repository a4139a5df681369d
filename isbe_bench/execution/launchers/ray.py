"""`launch=ray`: tasks on a Ray cluster, or on one of this machine alone."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isbe_bench import extras
from isbe_bench.errors import InputError, describe_error
from isbe_bench.execution.launchers import supervising
from isbe_bench.execution.launchers.launcher import Job, Launched, are_timed
from isbe_bench.execution.launchers.shift import Shift
from isbe_bench.settings.launch import Ray
from isbe_bench.settings.run import ReadyRun
from isbe_bench.settings.words import plural, shown
from isbe_bench.signals import ENDING

_ENGINE = ("ray", "launch=ray")
_SECONDS_TO_LEAVE = 60


class Tasks(Launched):
    """Tasks of a cluster, which ends them if this process ends. Ray restarts those of lost nodes."""

    def __init__(self, ray: Any, tasks: list[Any], stop: Path, cluster: str) -> None:
        self._ray = ray
        self._tasks = tasks
        self._stop = stop
        self._cluster = cluster

    def __str__(self) -> str:
        return f"{plural(len(self._tasks), 'task')} on {self._cluster}"

    def are_at_work(self) -> bool:
        _, left = self._ray.wait(self._tasks, num_returns=len(self._tasks), timeout=0)
        return bool(left)

    def stop(self) -> str:
        # Not `ray.cancel`: what it cancels counts as ended at once, and is killed while it saves.
        self._stop.touch()
        try:
            self._ray.wait(self._tasks, num_returns=len(self._tasks), timeout=_SECONDS_TO_LEAVE)
        finally:
            self._stop.unlink(missing_ok=True)
        return "the workers have saved their runs and left; the same command goes on"


def check(launch: Ray, runs: Sequence[ReadyRun]) -> None:
    """Check that Ray is installed."""
    extras.imported(*_ENGINE)


def start(launch: Ray, job: Job) -> Launched:
    """Start the tasks, at most one for each run."""
    ray = extras.imported(*_ENGINE)
    handlers = {number: signal.getsignal(number) for number in ENDING}
    try:
        ray.init(launch.address or "local", log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(
            f"launch.address={shown(launch.address)}: there is no Ray cluster ({describe_error(error)})"
        ) from error
    for number, handler in handlers.items():  # Ray puts its own in their place, which abort the process
        signal.signal(number, handler)
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cpus = float(launch.cpus)
    if are_timed(job.runs):  # a whole node each
        cpus = max(node.get("CPU", 0.0) for node in nodes)
    if not any(node.get("CPU", 0) >= cpus and node.get("GPU", 0) >= launch.gpus for node in nodes):
        ray.shutdown()
        raise InputError(
            f"launch.cpus={launch.cpus}, launch.gpus={launch.gpus:g}: no node of the cluster has as many"
        )
    task = ray.remote(num_cpus=cpus, num_gpus=launch.gpus, max_retries=-1)(_work)
    count = min(launch.workers, len(job.runs))
    stop = Path(f"{job.path}.{job.shift.sweep}.stop")
    tasks = [task.remote(job.shift.text(), str(stop)) for _ in range(count)]
    return Tasks(ray, tasks, stop, launch.address or "a Ray cluster of this machine")


def _work(shift: str, stop: str) -> None:
    """What a task does, until the file `stop` exists."""
    supervising.man(Shift.read(shift), Path(stop).exists)
