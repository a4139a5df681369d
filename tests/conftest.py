"""What tests share: runs as the command line asks for them, ready, and small; processes."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig

from isbe_bench import tasks
from isbe_bench.settings import composition
from isbe_bench.settings.run import ReadyRun
from isbe_bench.tasks.head.settings import ReadyHead
from isbe_bench.tasks.theory.settings import ReadyTheory
from isbe_bench.tasks.timing.settings import ReadyTiming
from isbe_bench.tasks.train.settings import ReadyTraining

Make = Callable[..., ReadyTraining]
MakeTiming = Callable[..., ReadyTiming]
MakeHead = Callable[..., ReadyHead]
MakeTheory = Callable[..., ReadyTheory]
Start = Callable[..., "subprocess.Popen[str]"]


def check(composed: DictConfig) -> ReadyRun:
    """The run that Hydra composed, ready to run."""
    task = tasks.find(composed.get("task"))
    ready: ReadyRun = task.check(task.parse(composed))
    return ready


def without_announcement(error: str) -> str:
    """What is on stderr besides the line that says that PyTorch is being loaded."""
    lines = error.splitlines(keepends=True)
    return "".join(line for line in lines if not line.endswith("; loading PyTorch ...\n"))


def ready(*overrides: str) -> ReadyRun:
    """The run that a command with these overrides does."""
    return check(composition.defaults(overrides))


def ready_below(results: Path, *overrides: str) -> ReadyRun:
    """The same with results in a folder, which Hydra need not compose anew for each test."""
    if any(each.startswith("results_dir=") for each in overrides):
        return ready(*overrides)
    composed = composition.defaults(overrides).copy()
    composed.results_dir = str(results)
    return check(composed)


@pytest.fixture
def start() -> Iterator[Start]:
    """`subprocess.Popen`, of processes that are killed when the test ends, however it ends."""
    with contextlib.ExitStack() as stack:

        def start(command: list[str], **more: Any) -> "subprocess.Popen[str]":
            process = stack.enter_context(subprocess.Popen(command, encoding="utf-8", **more))
            stack.callback(process.kill)
            return process

        yield start


@pytest.fixture
def make_config(tmp_path: Path) -> Make:
    """A training, ready to run, from command-line overrides, with results below `tmp_path`."""

    def make(*overrides: str) -> ReadyTraining:
        run = ready_below(tmp_path / "results", *overrides)
        assert isinstance(run, ReadyTraining)
        return run

    return make


@pytest.fixture
def make_timing(tmp_path: Path) -> MakeTiming:
    """The same for `task=timing`."""

    def make(*overrides: str) -> ReadyTiming:
        run = ready_below(tmp_path / "results", "task=timing", *overrides)
        assert isinstance(run, ReadyTiming)
        return run

    return make


@pytest.fixture
def make_head(tmp_path: Path) -> MakeHead:
    """The same for `task=head`."""

    def make(*overrides: str) -> ReadyHead:
        run = ready_below(tmp_path / "results", "task=head", *overrides)
        assert isinstance(run, ReadyHead)
        return run

    return make


@pytest.fixture
def make_theory(tmp_path: Path) -> MakeTheory:
    """The same for `task=theory`."""

    def make(*overrides: str) -> ReadyTheory:
        run = ready_below(tmp_path / "results", "task=theory", *overrides)
        assert isinstance(run, ReadyTheory)
        return run

    return make


@pytest.fixture(autouse=True, scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the tests' own, for processes that they start too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISBE_BENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return Path(__file__).parents[1]
