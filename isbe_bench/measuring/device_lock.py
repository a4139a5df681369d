"""A lock for each device: timed runs never share one."""

import contextlib
import getpass
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from tqdm import tqdm

from isbe_bench.errors import InputError


@contextlib.contextmanager
def hold(device: torch.device) -> Iterator[None]:
    """Hold the device for a timed run; if another timed run of this user holds it, say so and wait.

    Raises
    ------
    InputError
        As `folder` does.
    """
    name = "cpu" if device.type == "cpu" else str(torch.cuda.get_device_properties(device).uuid)
    with contextlib.suppress(FileExistsError):
        _path().mkdir(mode=0o700)
    lock = FileLock(folder() / f"timing-{name}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        tqdm.write(f"waiting for another timed run on this {device.type} to end (Ctrl-C gives up)")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def folder() -> Path:
    """The folder of these locks: this user's own, on this machine. It need not exist.

    It lies in the system's temporary folder. That of a login session (`/run/user`) would vanish under a
    run that goes on after logout, and one in the home folder would be shared by machines.

    Raises
    ------
    InputError
        Another user has made it, or a link in its place, and so could block this user's timed runs.
    """
    path = _path()
    if not hasattr(os, "getuid") or not os.path.lexists(path):
        return path
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise InputError(
            f"{path}: is not a folder of yours, so timed runs cannot keep their lock there; have it "
            "removed, or set TMPDIR to a folder of your own"
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        path.chmod(0o700)
    return path


def _path() -> Path:
    owner = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    return Path(tempfile.gettempdir()) / f"isbe-bench-{owner}"
