"""Signals, sent to real processes: they save and leave with 128 + signal, wherever they come."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import Start

from isbe_bench import signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")

ALL = sorted(signals.ENDING)
LONG = ("-m", "seed=0,1", "train.epochs=10000")
Command = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def command(start: Start, tmp_path: Path) -> Command:
    """Starts the command in `tmp_path`, whose modules it finds."""
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1])])

    def command(*arguments: str, **more: Any) -> "subprocess.Popen[str]":
        return start(
            [sys.executable, "-m", "isbe_bench", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **more,
        )

    return command


def wait(process: subprocess.Popen[str], condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.01)


def end(process: subprocess.Popen[str], number: int) -> str:
    """What was printed by a process that has to end with 128 + signal."""
    process.send_signal(number)
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 128 + number, printed
    assert "Traceback" not in printed
    return printed


def has_epochs(folder: Path) -> Callable[[], object]:
    return lambda: list(folder.glob("results/runs/*/epochs.csv"))


def status(folder: Path) -> str:
    (path,) = folder.glob("results/runs/*/status.json")
    found: str = json.loads(path.read_text(encoding="utf-8"))["status"]
    return found


@pytest.mark.parametrize(
    ("module", "number"), list(zip(["hydra", "torch", "pandas"] * 2, ALL, strict=False))
)
def test_while_something_is_imported(command: Command, tmp_path: Path, module: str, number: int) -> None:
    """The module is replaced by one whose import takes long."""
    (tmp_path / f"{module}.py").write_text(
        "import pathlib, time; pathlib.Path('here').touch(); time.sleep(60)", encoding="utf-8"
    )
    process = command(*(["status"] if module == "pandas" else LONG))
    wait(process, (tmp_path / "here").exists)
    *_, last = end(process, number).splitlines()
    name = "" if number == signal.SIGINT else f" by {signal.Signals(number).name}"
    assert last == f"isbe-bench: interrupted{name}"


@pytest.mark.slow
@pytest.mark.parametrize("number", ALL)
def test_in_an_epoch(command: Command, tmp_path: Path, number: int) -> None:
    process = command(*LONG)
    wait(process, has_epochs(tmp_path))
    assert "1 interrupted, 1 not run" in end(process, number)
    assert status(tmp_path) == "interrupted"
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.slow
def test_while_a_checkpoint_is_written(command: Command, tmp_path: Path) -> None:
    process = command(*LONG)
    wait(process, lambda: list(tmp_path.glob("results/runs/*/.checkpoint.pt.*")))
    end(process, signal.SIGUSR1)
    assert status(tmp_path) == "interrupted"
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.slow
def test_while_it_waits_for_another_process(command: Command, tmp_path: Path) -> None:
    first = command("train.epochs=10000")
    wait(first, has_epochs(tmp_path))
    second = command("train.epochs=10000")
    try:
        assert second.stdout
        while "waiting for" not in second.stdout.readline():
            assert second.poll() is None
        end(second, signal.SIGUSR2)
        assert status(tmp_path) == "running"
    finally:
        end(first, signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.parametrize("whole_group", [False, True])
def test_in_a_timed_task_whose_child_is_gone_with_it(
    command: Command, tmp_path: Path, whole_group: bool
) -> None:
    process = command("task=timing", "timing.rounds=100000", start_new_session=True)
    parent = psutil.Process(process.pid)

    def measuring() -> list[psutil.Process]:
        found = []
        for child in parent.children():
            with contextlib.suppress(psutil.Error):  # other children come and go
                if "spawn_main" in " ".join(child.cmdline()):
                    found.append(child)
        return found

    wait(process, measuring)
    (child,) = measuring()
    if whole_group:  # as systemd and Slurm do
        os.killpg(process.pid, signal.SIGTERM)
    end(process, signal.SIGTERM)
    assert not child.is_running()
    assert status(tmp_path) == "interrupted"


def code(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"from isbe_bench import signals\nimport os, signal, time\n{text}"],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_a_second_signal_leaves_at_once_and_kills_children() -> None:
    done = code("""
import multiprocessing
with signals.as_interrupts():
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,), daemon=True)
    child.start()
    try:
        signal.raise_signal(signal.SIGUSR1)
        time.sleep(1)
    except KeyboardInterrupt:
        print(child.pid, flush=True)
        time.sleep(1)
        signal.raise_signal(signal.SIGTERM)
        time.sleep(60)
""")
    assert done.returncode == 128 + signal.SIGTERM
    assert done.stderr == "isbe-bench: interrupted by SIGTERM\n"
    deadline = time.monotonic() + 10
    pid = int(done.stdout)
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline


def test_the_same_signal_twice_at_once_is_one() -> None:
    """As `timeout` sends it, to the process and to its group."""
    done = code("""
with signals.as_interrupts():
    try:
        signal.raise_signal(signal.SIGTERM)
        time.sleep(1)
    except KeyboardInterrupt:
        signal.raise_signal(signal.SIGTERM)
        time.sleep(0.01)
        print("saved")
""")
    assert (done.returncode, done.stdout) == (0, "saved\n")


def test_what_is_ignored_stays_ignored() -> None:
    """As under `nohup`."""
    done = code("""
for number in signals.ENDING:
    signal.signal(number, signal.SIG_IGN)
with signals.as_interrupts():
    for number in signals.ENDING:
        signal.raise_signal(number)
    time.sleep(0.01)
signals.leave_from_now_on()
signal.raise_signal(signal.SIGHUP)
print("done")
""")
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_a_deferred_signal_comes_after_the_block() -> None:
    passed: list[int | None] = []

    def interrupted() -> None:
        with signals.deferred():
            signal.raise_signal(signal.SIGUSR2)
            time.sleep(0.01)
            passed.append(signals.received())

    with signals.as_interrupts():
        with pytest.raises(signals.Interrupted, match="SIGUSR2"):
            interrupted()
        assert signals.exit_code() == 128 + signal.SIGUSR2
    assert passed == [signal.SIGUSR2]
    assert signals.received() is None


def test_the_shutdown_keeps_to_exit_codes() -> None:
    done = code("""
signals.leave_from_now_on()
signal.raise_signal(signal.SIGUSR1)
time.sleep(60)
""")
    assert done.returncode == 128 + signal.SIGUSR1
