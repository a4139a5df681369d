"""Sweeps on a Slurm cluster of one node, which the tests start."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import slurm_cluster
from conftest import Start
from launched import SECONDS, begin, wait_until

from isbe_bench.runs import overview, sweeps

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    pytest.importorskip("submitit")
    if reason := slurm_cluster.missing():
        pytest.skip(reason)
    with slurm_cluster.started(tmp_path_factory.mktemp("slurm")) as configuration:
        yield configuration


@pytest.fixture
def slurm(cluster: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs one of Slurm's commands; gives what it prints."""
    monkeypatch.setenv("SLURM_CONF", str(cluster))

    def run(*command: str) -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    return run


def states(folder: Path) -> list[str]:
    return [each.state for each in overview.read(folder / "results").runs]


def test_a_task_that_is_told_to_save_is_queued_again_and_goes_on(
    slurm: Callable[..., str], start: Start, tmp_path: Path
) -> None:
    """One task is preempted; no epoch is trained twice, none is lost."""
    command = begin(start, tmp_path, "launch=slurm", "seed=0,1", "train.epochs=40", "launch.workers=2")
    runs = tmp_path / "results" / "runs"
    wait_until(lambda: len(list(runs.glob("*/epochs.csv"))) == 2)
    (sweep,) = sweeps.read(tmp_path / "results")
    number = re.fullmatch(r"Slurm job (\d+)", sweep.job)
    assert number is not None
    first, _ = sorted(slurm("squeue", "--noheader", "--format=%i").split())
    slurm("scancel", "--signal=USR2", first)
    wait_until(lambda: "interrupted" in states(tmp_path))
    wait_until(lambda: "PENDING" in slurm("squeue", "--noheader", "--format=%T", "--jobs", first))
    slurm("scontrol", "update", f"JobId={first}", "StartTime=now")
    printed, _ = command.communicate(timeout=SECONDS)
    assert command.returncode == 0, printed
    assert "2 runs: 2 done" in printed
    for run in runs.iterdir():
        assert list(pd.read_csv(run / "epochs.csv")["epoch"]) == list(range(1, 41))


def test_a_command_that_does_not_wait_hands_its_runs_over(
    slurm: Callable[..., str], start: Start, tmp_path: Path
) -> None:
    command = begin(start, tmp_path, "launch=slurm", "seed=0,1", "train.epochs=1", "launch.wait=false")
    printed, _ = command.communicate(timeout=SECONDS)
    assert command.returncode == 0, printed
    assert "2 runs: 2 handed over" in printed
    wait_until(lambda: states(tmp_path) == ["done", "done"])
    again = begin(start, tmp_path, "launch=slurm", "seed=0,1", "train.epochs=1", "launch.wait=false")
    printed, _ = again.communicate(timeout=SECONDS)
    assert again.returncode == 0, printed
    assert "2 runs: 2 already done" in printed


def test_a_job_that_slurm_refuses_is_named(
    slurm: Callable[..., str], start: Start, tmp_path: Path
) -> None:
    command = begin(start, tmp_path, "launch=slurm", "seed=0,1", "launch.partition=nowhere")
    printed, _ = command.communicate(timeout=SECONDS)
    assert command.returncode == 1
    assert "launch=slurm: the job cannot be submitted" in printed
    assert "partition" in printed
    assert not (tmp_path / "results" / "runs").exists()


def test_without_slurm_the_launcher_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("submitit")
    path = os.pathsep.join(
        each for each in os.environ["PATH"].split(os.pathsep) if not (Path(each) / "sbatch").exists()
    )
    done = subprocess.run(
        [sys.executable, "-m", "isbe_bench", "-m", "launch=slurm", "device=cpu", "seed=0,1"],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "launch=slurm: this machine has no sbatch" in done.stderr
