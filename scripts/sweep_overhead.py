"""`make sweep-overhead`: what a sweep costs beyond its epochs, in seconds.

Times commands in fresh processes:

- a sweep of finished runs, which has only to see that they are done: in all, and of that to compose and
  validate the settings and to check them against machine and data. Once over seeds alone, once over
  losses, networks and seeds. The finished runs are copies of one; only the times mean anything;
- a sweep of tiny trainings: the seconds beyond those of their epochs, a run, without what a command with
  a single one of them takes.
"""

import argparse
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

from isbe_bench import tasks
from isbe_bench.measuring import environment
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import EPOCHS, PREDICTIONS
from isbe_bench.settings import composition
from isbe_bench.settings.run import ReadyRun

TINY = ("train.epochs=1", "device=cpu", "device.threads=1")
LOSSES = "loss=ce_mean,ce_none,ce_sum,isbe_hardsigmoid,isbe_hardtanh,isbe_sigmoid,isbe_softmax,isbe_tanh"
NETS = "arch=n0,n1,n1r"


def main() -> int:
    """Print the figures; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--finished", type=int, default=1_000, help="finished runs (default 1,000)")
    parser.add_argument("--tiny", type=int, default=100, help="tiny runs (default 100)")
    parser.add_argument("--times", type=int, default=3, help="how often each is timed (default 3)")
    asked = parser.parse_args()
    for name, least in (("finished", 24), ("tiny", 2), ("times", 1)):
        if getattr(asked, name) < least:
            parser.error(f"--{name}={getattr(asked, name)}: allowed is {least} or more")
    seeds, crossed = f"seed=range(0,{asked.finished})", f"seed=range(0,{asked.finished // 24})"
    with tempfile.TemporaryDirectory() as scratch:
        folders = map(Path, (f"{scratch}/{number}" for number in itertools.count()))
        for overrides in ((seeds,), (crossed, LOSSES, NETS)):
            print(finished(next(folders), overrides, asked.times), flush=True)
        print(repeated("tiny trainings", lambda: tiny(next(folders), asked.tiny), asked.times))
    origin = environment.describe(torch.device("cpu"))
    print(
        f"\nThe lowest of {asked.times} times, in brackets the highest. {origin['cpu']}, "
        f"{origin['cpu_count']} cores, Python {origin['python']}, torch {origin['torch']}, isbe-bench "
        f"{origin['isbe_bench']}."
    )
    return 0


def finished(results: Path, overrides: tuple[str, ...], times: int) -> str:
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
        f"of {count} in all": seconds,
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


def repeated(title: str, once: Callable[[], dict[str, float]], times: int) -> str:
    """The lowest and the highest of each of its figures."""
    frame = pd.DataFrame([once() for _ in range(times)])
    shown = (f"{name} {frame[name].min():.2f} [{frame[name].max():.2f}] s" for name in frame)
    return f"{title}: {', '.join(shown)}"


if __name__ == "__main__":
    sys.exit(main())
