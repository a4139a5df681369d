"""Disks that are full, folders that vanish, and folders that turn read-only."""

import contextlib
import os
import resource
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from injection.commands import Command, pause
from injection.trial import Trial

_SMALL, _ENOUGH = "20M", "1G"  # a checkpoint of N0 has 14 MB, and is written beside the last one
_LARGEST_FILE = 1 << 20


def disk_too_small(trial: Trial) -> None:
    """The disk is full when the second checkpoint is written; as root, for it mounts one."""
    with _mounted(trial.results, _SMALL):
        trial.tally.injected += 1
        _expect_failure(trial, trial.start())
        _mount("-o", f"remount,size={_ENOUGH}", trial.results)
        trial.finish()


def disk_fills(trial: Trial) -> None:
    """The disk is filled by others at a random moment; as root, for it mounts one."""
    with _mounted(trial.results, "100M"):
        command = trial.start()
        pause(trial.moment())
        trial.tally.injected += 1
        filler = trial.results / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 20))
        trial.ended(command)
        filler.unlink()
        trial.finish()


def files_limited(trial: Trial) -> None:
    """From a random moment on, no file may have more than a megabyte."""
    command = trial.start()
    pause(trial.moment())
    trial.tally.injected += 1
    for process in command.processes():
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    trial.finish(command)


def results_vanish(trial: Trial) -> None:
    """The results folder is removed at a random moment."""
    command = trial.start()
    pause(trial.moment())
    trial.wait_for(command, "*")
    _remove(trial, trial.results)
    trial.ended(command)  # which had perhaps done the runs that vanished
    trial.finish()


def run_vanishes(trial: Trial) -> None:
    """The folder of a run is removed at a random moment."""
    command = trial.start()
    pause(trial.moment())
    if runs := trial.wait_for(command, "runs/*"):
        _remove(trial, trial.random.choice(runs))
    trial.ended(command)  # which had perhaps done the run that vanished
    trial.finish()


def read_only(trial: Trial) -> None:
    """The results folder turns read-only at a random moment; as root, for others by its permissions."""
    command = trial.start()
    pause(trial.moment())
    trial.wait_for(command, "runs")
    trial.tally.injected += 1
    with _mounted_read_only(trial.results) if os.geteuid() == 0 else _forbidden(trial.results):
        trial.ended(command)
        _expect_failure(trial, trial.start())
    trial.finish()


def can_mount(folder: Path) -> bool:
    """Whether this process may mount file systems."""
    if os.geteuid() != 0:
        return False
    try:
        with _mounted(folder, _SMALL):
            return True
    except subprocess.CalledProcessError:
        return False


def _expect_failure(trial: Trial, command: Command) -> None:
    if trial.ended(command) == 0:
        trial.tally.lost.append("the command said that all is done, and it cannot be")


def _remove(trial: Trial, path: Path) -> None:
    """Remove a folder, for a reader at once, unless the sweep has done so itself."""
    aside = trial.folder / "removed"
    with contextlib.suppress(FileNotFoundError):
        path.rename(aside)
        shutil.rmtree(aside)
        trial.tally.injected += 1


@contextlib.contextmanager
def _mounted(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own at a folder, of a size such as `20M`."""
    folder.mkdir(parents=True)
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield
    finally:
        _unmount(folder)


@contextlib.contextmanager
def _mounted_read_only(folder: Path) -> Iterator[None]:
    """A folder that is read-only, also for those who have files of it open."""
    view = folder.with_name("view")
    view.mkdir()
    _mount("--bind", folder, view)
    try:
        _mount("-o", "remount,ro,bind", view)
        _mount("--bind", view, folder)
        try:
            yield
        finally:
            _unmount(folder)
    finally:
        _unmount(view)


@contextlib.contextmanager
def _forbidden(folder: Path) -> Iterator[None]:
    """A folder without permission to write."""
    folders = [folder, *(each for each in folder.rglob("*") if each.is_dir())]
    for each in folders:
        each.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        yield
    finally:
        for each in folders:
            each.chmod(stat.S_IRWXU)


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)
