"""`launch=processes`: several workers on this machine, which share its cores and its GPUs."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import torch

from isbe_bench.errors import InputError
from isbe_bench.execution.launchers.launcher import Job, Launched, are_timed
from isbe_bench.execution.launchers.supervising import Post
from isbe_bench.settings.launch import Processes
from isbe_bench.settings.run import ReadyRun
from isbe_bench.settings.words import plural


class Team(Launched):
    """Workers that are processes of this machine. They save and leave when this process ends."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self._posts = posts
        for post in posts:
            post.start()

    def __str__(self) -> str:
        logs = str(self._posts[0].log).replace("worker-0", "worker-*")
        return f"{plural(len(self._posts), 'process')} on this machine; what they print is in {logs}"

    def are_at_work(self) -> bool:
        manned = [post.is_manned() for post in self._posts]  # asks all, so that all are replaced
        return any(manned)

    def news(self) -> str:
        died = sum(post.deaths for post in self._posts)
        if not died:
            return ""
        return f"{plural(died, 'worker')} died; others go on with their runs"

    def stop(self) -> str:
        for post in self._posts:
            post.signal(signal.SIGTERM)
        for post in self._posts:
            post.leave()
        return "the workers have saved their runs and left; the same command goes on"


def check(launch: Processes, runs: Sequence[ReadyRun]) -> None:
    """Check that GPUs can be dealt out: each worker sees one, under the index 0."""
    several = len(_gpus(runs)) > 1
    for index in (run.device.index for run in runs if several and run.device.name == "cuda"):
        if index:
            raise InputError(
                f"device.index={index}: with launch=processes each worker sees one GPU; allowed "
                "is 0, and CUDA_VISIBLE_DEVICES to choose among GPUs"
            )


def start(launch: Processes, job: Job) -> Launched:
    """Start the workers, at most one for each run."""
    environments = deal(launch, job.runs, _cores(), _gpus(job.runs))
    logs = [Path(f"{job.path}.worker-{number}.log") for number in range(len(environments))]
    return Team([Post(job.shift, *each) for each in zip(environments, logs, strict=True)])


def deal(
    launch: Processes, runs: Sequence[ReadyRun], cores: int, gpus: Sequence[str]
) -> list[dict[str, str]]:
    """The variables of each worker, by which they share the machine.

    Parameters
    ----------
    launch
        How many workers were asked for.
    runs
        What they do; with a timed run among them, no two workers share a device.
    cores
        The number of cores.
    gpus
        The GPUs, as in `CUDA_VISIBLE_DEVICES`; empty if no run uses one.
    """
    count = min(launch.workers or len(gpus) or cores, len(runs))
    if are_timed(runs):
        count = min(count, max(1, len(gpus)))
    threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(max(1, cores // count)))}
    if len(gpus) < 2:
        return [threads] * count
    return [threads | {"CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} for number in range(count)]


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _gpus(runs: Sequence[ReadyRun]) -> list[str]:
    """Those that this process sees, as in `CUDA_VISIBLE_DEVICES`; empty if no run uses one."""
    if all(run.device.name != "cuda" for run in runs):
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return visible.split(",") if visible else list(map(str, range(torch.cuda.device_count())))
