"""Sweeps on a Ray cluster of this machine."""

import os
import signal
from pathlib import Path

import pandas as pd
import psutil
import pytest
from conftest import Start
from launched import SECONDS, begin, wait_until

from isbe_bench.runs import overview

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def ray() -> None:
    pytest.importorskip("ray")


def workers(folder: Path) -> list[psutil.Process]:
    """The workers of sweeps in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if "isbe_bench.cli.worker" in process.cmdline() and process.cwd() == str(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_killed_worker_is_replaced_and_its_run_goes_on(start: Start, tmp_path: Path) -> None:
    command = begin(start, tmp_path, "launch=ray", "seed=0,1", "train.epochs=20", "launch.workers=2")
    runs = tmp_path / "results" / "runs"
    wait_until(lambda: len(list(runs.glob("*/epochs.csv"))) == 2)
    workers(tmp_path)[0].kill()
    printed, _ = command.communicate(timeout=SECONDS)
    assert command.returncode == 0, printed
    assert "2 runs: 2 done" in printed
    for run in runs.iterdir():
        assert list(pd.read_csv(run / "epochs.csv")["epoch"]) == list(range(1, 21))
    wait_until(lambda: not workers(tmp_path))


def test_an_interrupt_saves_the_runs_and_ends_the_workers(start: Start, tmp_path: Path) -> None:
    command = begin(start, tmp_path, "launch=ray", "seed=0,1", "train.epochs=1000", "launch.workers=2")
    runs = tmp_path / "results" / "runs"
    wait_until(lambda: len(list(runs.glob("*/epochs.csv"))) == 2)
    os.kill(command.pid, signal.SIGTERM)
    printed, _ = command.communicate(timeout=SECONDS)
    assert command.returncode == 128 + signal.SIGTERM, printed
    assert "the workers have saved their runs and left; the same command goes on" in printed
    assert [each.state for each in overview.read(tmp_path / "results").runs] == ["interrupted"] * 2
    wait_until(lambda: not workers(tmp_path))


def test_more_than_a_node_has_is_refused(start: Start, tmp_path: Path) -> None:
    command = begin(start, tmp_path, "launch=ray", "seed=0,1", "launch.cpus=10000")
    printed, _ = command.communicate(timeout=SECONDS)
    assert command.returncode == 1
    assert "launch.cpus=10000, launch.gpus=0: no node of the cluster has as many" in printed
    assert not (tmp_path / "results" / "runs").exists()
