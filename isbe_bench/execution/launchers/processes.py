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


class Team(Launched):
    """Workers that are processes of this machine, and end with this one."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self._posts = posts
        for post in posts:
            post.start()

    def __str__(self) -> str:
        count = "1 process" if len(self._posts) == 1 else f"{len(self._posts)} processes"
        return f"{count} on this machine; what they print is in {self._posts[0].log}"

    def are_at_work(self) -> bool:
        manned = [post.is_manned() for post in self._posts]  # asks all, so that all are replaced
        return any(manned)

    def stop(self) -> str:
        for post in self._posts:
            post.signal(signal.SIGTERM)
        for post in self._posts:
            post.leave()
        return "interrupted; the workers have saved their runs and left; the same command goes on"


def check(launch: Processes, runs: Sequence[ReadyRun]) -> None:
    """Check that GPUs can be dealt out: each worker sees one, under the index 0."""
    for run in runs:
        if run.device.name == "cuda" and run.device.index and torch.cuda.device_count() > 1:
            raise InputError(
                f"device.index={run.device.index}: with launch=processes each worker gets a GPU of its "
                "own; allowed is 0 (CUDA_VISIBLE_DEVICES chooses among them)"
            )


def start(launch: Processes, job: Job) -> Launched:
    """Start the workers, at most one for each run."""
    gpus = _gpus() if any(run.device.name == "cuda" for run in job.runs) else []
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = launch.workers or len(gpus) or cores
    if are_timed(job.runs):  # no two on one device
        wanted = min(wanted, max(1, len(gpus)))
    count = min(wanted, len(job.runs))
    threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(max(1, cores // count)))}
    environments = [
        threads | ({"CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} if len(gpus) > 1 else {})
        for number in range(count)
    ]
    logs = [Path(f"{job.path}.worker-{number}.log") for number in range(count)]
    posts = [Post(job.shift, *each) for each in zip(environments, logs, strict=True)]
    return Team(posts)


def _gpus() -> list[str]:
    """The GPUs that this process sees, as in `CUDA_VISIBLE_DEVICES`."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return visible.split(",") if visible else list(map(str, range(torch.cuda.device_count())))
