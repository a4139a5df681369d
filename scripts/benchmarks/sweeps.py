"""What a sweep costs beyond its epochs, in seconds, measured on commands in fresh processes.

- A sweep of finished runs, which has only to see that they are done: in all, and of that to compose and
  validate the settings and to check them against machine and data. Once over seeds alone, once over
  losses, networks and seeds. The finished runs are copies of one; only the times mean anything.
- A sweep of tiny trainings: the seconds beyond those of their epochs, a run, without what a command with
  a single one of them takes.
"""

import concurrent.futures
import itertools
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import torch

from benchmarks.sampling import markdown
from isbe_bench import tasks
from isbe_bench.measuring import environment
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import EPOCHS, PREDICTIONS
from isbe_bench.settings import composition
from isbe_bench.settings.run import ReadyRun

TINY = ("train.epochs=1", "device=cpu", "device.threads=1")
LOSSES = "loss=ce_mean,ce_none,ce_sum,isbe_hardsigmoid,isbe_hardtanh,isbe_sigmoid,isbe_softmax,isbe_tanh"
NETS = "arch=n0,n1,n1r"


def measure(finished_runs: int, tiny_runs: int, times: int) -> str:
    """A table of seconds as Markdown."""
    seeds, crossed = f"seed=range(0,{finished_runs})", f"seed=range(0,{finished_runs // 24})"
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folders = map(Path, (f"{scratch}/{number}" for number in itertools.count()))
        for overrides in ((seeds,), (crossed, LOSSES, NETS)):
            rows += finished(next(folders), overrides, times)
        rows += repeated(f"{tiny_runs} tiny trainings", lambda: tiny(next(folders), tiny_runs), times)
    note = f"The lowest of {times} times, in brackets the highest."
    return markdown("Sweeps", ("sweep", "seconds"), rows, note)


def finished(results: Path, overrides: tuple[str, ...], times: int) -> list[tuple[str, str]]:
    """The seconds of a sweep of finished runs."""
    typed = ("-m", *overrides, *TINY, f"results_dir={results}")
    run((*TINY, f"results_dir={results}/source"))
    (source,) = results.glob("source/runs/*")
    for ready in checked(typed)[0]:
        copy(source, RunFolder(ready))
    count = len(list(results.glob("runs/*")))

    def once() -> dict[str, float]:
        _, composing, checking = in_fresh_process(typed)
        return {"in all": run(typed), "to compose": composing, "to check": checking}

    return repeated(f"{count} finished runs, {' '.join(overrides)}", once, times)


def tiny(results: Path, count: int) -> dict[str, float]:
    """The seconds of a sweep of tiny trainings, and those beyond the epochs, a run."""
    beyond = []
    for runs in (1, count):
        place = results / str(runs)
        seconds = run(("-m", f"seed=range(0,{runs})", *TINY, f"results_dir={place}"))
        epochs = [pd.read_csv(path)["epoch_s"].sum() for path in place.glob(f"runs/*/{EPOCHS}")]
        if len(epochs) != runs:
            sys.exit(f"of {runs} runs {len(epochs)} were made")
        beyond.append(seconds - sum(epochs))
    return {
        "in all": seconds,
        "in epochs": sum(epochs),
        "beyond them, a run": (beyond[1] - beyond[0]) / (count - 1),
    }


def run(typed: tuple[str, ...]) -> float:
    """Run a command that succeeds; returns its seconds."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "isbe_bench", *typed]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr or done.stdout)
    return time.perf_counter() - started


def checked(typed: tuple[str, ...]) -> tuple[list[ReadyRun], float, float]:
    """The runs of a command, and the seconds to compose and to check them, without imports."""
    sys.argv[1:] = typed
    started = time.perf_counter()
    asked = [tasks.find(each.task).parse(each) for each in composition.compose()]
    composed = time.perf_counter()
    ready = [tasks.find(each.task).check(each) for each in asked]
    return ready, composed - started, time.perf_counter() - composed


def in_fresh_process(typed: tuple[str, ...]) -> tuple[list[ReadyRun], float, float]:
    """`checked`, with nothing kept from an earlier call."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        return pool.submit(checked, typed).result()


def copy(source: Path, folder: RunFolder) -> None:
    """Write a finished run with the results of another one."""
    folder.begin(environment.describe(torch.device("cpu")))
    for name in (EPOCHS, PREDICTIONS):
        shutil.copy(source / name, folder.path)
    folder.end("done")


def repeated(title: str, once: Callable[[], dict[str, float]], times: int) -> list[tuple[str, str]]:
    """The lowest and the highest of each of its figures, a row each."""
    frame = pd.DataFrame([once() for _ in range(times)])
    return [(f"{title}: {name}", f"{frame[name].min():.2f} [{frame[name].max():.2f}]") for name in frame]
