"""One process works on a run, also where the kernel's locks do not reach; a dead one's run is taken over."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from isbe_bench.runs import lock
from isbe_bench.runs.lock import BusyError, RunLock, TakenOverError

Start = Callable[[str], "subprocess.Popen[str]"]

HOLD = """
import sys
from pathlib import Path
from isbe_bench.runs import lock
lock.BEAT_SECONDS = 0.1
held = lock.RunLock(Path(sys.argv[1]), "run")
held.acquire()
print("held", flush=True)
for line in sys.stdin:
    try:
        held.check()
        print("mine", flush=True)
    except lock.TakenOverError as error:
        print(error, flush=True)
held.release()
"""
needs_host_names = pytest.mark.skipif(
    not hasattr(os, "geteuid")
    or os.geteuid() != 0
    or subprocess.run(["unshare", "--uts", "true"], capture_output=True).returncode != 0,
    reason="another host name on the same machine needs root and `unshare --uts`",
)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a process that holds the lock, and says so each time that it gets a line; on a host."""
    with contextlib.ExitStack() as stack:

        def start(host: str) -> "subprocess.Popen[str]":
            command = [sys.executable, "-c", HOLD, str(tmp_path)]
            if host:
                command = ["unshare", "--uts", "sh", "-c", f'hostname {host}; exec "$@"', "sh", *command]
            process = stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            stack.callback(process.kill)
            assert process.stdout
            assert process.stdout.readline() == "held\n"
            return process

        yield start


def ask(process: "subprocess.Popen[str]") -> str:
    """What the process finds that holds the lock."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def take(folder: Path, seconds: float = 60.0) -> RunLock:
    """The lock, as soon as it can be had."""
    deadline = time.monotonic() + seconds
    while True:
        taken = RunLock(folder, "run")
        try:
            taken.acquire()
            return taken
        except BusyError:
            assert time.monotonic() < deadline, "it was never free"
            time.sleep(0.05)


def delete_kernel_lock(folder: Path) -> None:
    """Let the kernel's lock hold nobody off, as on a file system whose locks do not reach here."""
    (folder / "run.lock").unlink()


def refuse_kernel_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: FileLock, blocking: bool) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    lock._say_no_kernel_locks.cache_clear()


def test_one_holds_it_at_a_time(tmp_path: Path) -> None:
    busy = pytest.raises(BusyError, match=f"process {os.getpid()} on .* is working on it")
    with RunLock(tmp_path, "run"), RunLock(tmp_path, "other"), busy:
        RunLock(tmp_path, "run").acquire()
    with RunLock(tmp_path, "run") as held:
        held.check()


def test_a_process_of_this_machine_holds_it_until_it_is_gone(tmp_path: Path, start: Start) -> None:
    process = start("")
    with pytest.raises(BusyError, match=f"process {process.pid} on "):
        RunLock(tmp_path, "run").acquire()
    process.kill()
    process.wait()
    take(tmp_path, 0.0).release()


def test_a_living_process_holds_it_though_the_kernel_lock_is_deleted(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one that gives no sign of life: this machine knows that it lives."""
    monkeypatch.setattr(lock, "TAKEOVER_SECONDS", 0.0)
    process = start("")
    process.send_signal(signal.SIGSTOP)
    delete_kernel_lock(tmp_path)
    for _ in range(3):
        with pytest.raises(BusyError, match=f"process {process.pid} on "):
            RunLock(tmp_path, "run").acquire()
    process.kill()
    process.wait()
    take(tmp_path, 0.0).release()


@pytest.mark.slow
@needs_host_names
def test_a_process_elsewhere_holds_it_as_long_as_it_gives_signs_of_life(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "TAKEOVER_SECONDS", 2.0)  # twenty beats
    process = start("elsewhere")
    delete_kernel_lock(tmp_path)
    until = time.monotonic() + 4.0
    while time.monotonic() < until:
        with pytest.raises(
            BusyError, match=f"process {process.pid} on elsewhere is working on it; .* for 2 s"
        ):
            RunLock(tmp_path, "run").acquire()
        time.sleep(0.2)
    assert ask(process) == "mine"
    process.kill()
    take(tmp_path).release()


@needs_host_names
def test_a_suspended_process_finds_that_its_run_was_taken_over(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the other works on the run, and after it is through."""
    monkeypatch.setattr(lock, "TAKEOVER_SECONDS", 0.5)
    process = start("elsewhere")
    process.send_signal(signal.SIGSTOP)
    delete_kernel_lock(tmp_path)
    taken = take(tmp_path)
    assert f"run: taken over from process {process.pid} on elsewhere" in capsys.readouterr().out
    process.send_signal(signal.SIGCONT)
    assert ask(process).startswith(f"taken over by process {os.getpid()} on ")
    taken.check()
    taken.release()
    assert ask(process).startswith(f"taken over by process {os.getpid()} on ")
    process.communicate()  # it gives back what it holds, and that is nothing
    take(tmp_path, 0.0).release()


@needs_host_names
def test_a_kernel_lock_that_outlives_its_machine_is_taken_over(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of an NFS client that never comes back."""
    monkeypatch.setattr(lock, "TAKEOVER_SECONDS", 0.5)
    process = start("elsewhere")
    process.send_signal(signal.SIGSTOP)
    taken = take(tmp_path)
    taken.check()
    taken.release()


@needs_host_names
def test_a_clock_that_is_set_takes_nothing_over(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start("elsewhere")
    delete_kernel_lock(tmp_path)
    monkeypatch.setattr(time, "time", lambda: 4e9)
    os.utime(tmp_path / "run.owner", (0, 0))
    for _ in range(3):
        with pytest.raises(BusyError, match=f"process {process.pid} on elsewhere"):
            RunLock(tmp_path, "run").acquire()


def test_without_kernel_locks_the_signs_of_life_hold_and_it_is_said_once(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refuse_kernel_locks(monkeypatch)
    with RunLock(tmp_path, "run") as held:
        with pytest.raises(BusyError, match=f"process {os.getpid()} on "):
            RunLock(tmp_path, "run").acquire()
        held.check()
    process = start("")
    with pytest.raises(BusyError, match=f"process {process.pid} on "):
        RunLock(tmp_path, "run").acquire()
    process.kill()
    process.wait()
    take(tmp_path, 0.0).release()
    assert capsys.readouterr().out.count("its file system has no locks") == 1


def test_of_two_that_take_over_at_once_one_is_given_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one has judged the dead owner when the first is already at work."""
    refuse_kernel_locks(monkeypatch)
    path = tmp_path / "run.owner"
    RunLock(tmp_path, "run").acquire()
    dead = lock.read_owner(path)
    assert dead
    path.unlink()
    with RunLock(tmp_path, "run") as first:
        monkeypatch.setattr(
            lock, "read_owner", lambda path, read=lock.read_owner: answers.pop(0)(path, read)
        )
        answers: list[Callable[..., object]] = [
            lambda path, read: lock.Owner(dead.worker, dead.token, True, dead.touched),
            lambda path, read: read(path),
        ]
        with pytest.raises(BusyError, match="is working on it"):
            RunLock(tmp_path, "run").acquire()
        monkeypatch.undo()
        first.check()
    assert [each.name for each in tmp_path.iterdir() if "partial" in each.name] == []


def test_an_owner_goes_on_when_somebody_clears_the_locks(tmp_path: Path) -> None:
    with RunLock(tmp_path / "locks", "run") as held:
        for path in (tmp_path / "locks").iterdir():
            path.unlink()
        (tmp_path / "locks").rmdir()
        held.check()
        with pytest.raises(BusyError):
            RunLock(tmp_path / "locks", "run").acquire()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"token": "a", "released": false, "process": "b"}']
)
def test_an_owner_that_cannot_be_read_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(lock, "TAKEOVER_SECONDS", 0.3)
    (tmp_path / "run.owner").write_text(content)
    with pytest.raises(BusyError, match="another process is working on it"):
        RunLock(tmp_path, "run").acquire()
    take(tmp_path).release()


def test_a_full_disk_leaves_no_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(token: str, released: bool) -> str:
        raise OSError(errno.ENOSPC, "no space left on device")

    held = RunLock(tmp_path, "run")
    held.acquire()
    monkeypatch.setattr(lock, "_content", fail)
    held.release()
    with pytest.raises(OSError, match="no space"):
        RunLock(tmp_path, "run").acquire()
    monkeypatch.undo()
    take(tmp_path, 0.0).release()


def test_what_was_lost_is_not_given_back(tmp_path: Path) -> None:
    first = RunLock(tmp_path, "run")
    first.acquire()
    path = tmp_path / "run.owner"
    path.write_text(path.read_text().replace('"token": "', '"token": "another'))
    written = path.read_text()
    with pytest.raises(TakenOverError):
        first.check()
    first.release()
    assert path.read_text() == written
