"""Work in fresh processes: its result, its reports, and its failures."""

import os
import signal
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil
import pytest

from isbe_bench.measuring import allocator, processes
from isbe_bench.measuring.processes import ProcessError, Report


def _work(factor: int, report: Report) -> tuple[int, int, dict[str, int | str]]:
    for number in range(3):
        report(number)
    return factor * 2, os.getpid(), allocator.in_force()


def _fails(report: Report) -> None:
    raise ValueError("the reason")


def _dies(report: Report) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _sleeps(report: Report) -> None:
    report(os.getpid())
    time.sleep(600)


def test_a_fresh_process_reports_and_returns() -> None:
    heard: list[object] = []
    first, pid, settings = processes.run_fresh(_work, 21, heard=heard.append)
    assert first == 42
    assert heard == [0, 1, 2]
    assert pid != os.getpid()
    assert settings or not hasattr(os, "sched_getaffinity")  # on Linux, the allocator's settings
    assert processes.run_fresh(_work, 1, heard=heard.append)[1] != pid


def test_a_failure_comes_with_its_traceback() -> None:
    with pytest.raises(ProcessError, match=r"(?s)^ValueError: the reason\n\nTraceback.*_fails.*"):
        processes.run_fresh(_fails, heard=print)


def test_a_process_that_dies_is_an_error() -> None:
    with pytest.raises(ProcessError, match="died with exit code -9"):
        processes.run_fresh(_dies, heard=print)


def test_an_interrupt_ends_the_process() -> None:
    pids: list[int] = []

    def interrupt(pid: int) -> None:
        pids.append(pid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        processes.run_fresh(_sleeps, heard=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_reports_pass_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    heard: list[object] = []
    throttle = processes.Throttle(heard.append)
    for number in range(10):
        now[0] += 0.3
        throttle(number)
    assert heard == [3, 7]


def test_an_interrupt_while_a_process_starts_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    start = BaseProcess.start

    def interrupted(process: BaseProcess) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        start(process)

    monkeypatch.setattr(BaseProcess, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        processes.run_fresh(_sleeps, heard=print)


PARENT = """
import os, time
from isbe_bench.measuring import processes

def work(report):
    report(os.getpid())
    while True:  # computing, not asking anybody
        pass

if __name__ == "__main__":
    processes.run_fresh(work, heard=lambda pid: print(pid, flush=True))
"""


def test_a_process_dies_with_the_one_that_waits_for_it(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        parent.kill()
        psutil.wait_procs([child], timeout=10)
        # Where nobody asks how it ended, it stays in the list as a zombie.
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
