"""Writing files that are whole even after the power fails."""

import contextlib
import errno
import os
import re
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

_PARTIAL = re.compile(r"\..+\.(?P<process>\d+)(@(?P<host>.+))?\.partial")
_ABANDONED_SECONDS = 3600


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file completely or not at all; when this returns, it is on the disk."""
    write_together(path.parent, {path.name: content})


def write_together(folder: Path, contents: Mapping[str, str | bytes]) -> None:
    """Write files of one folder, by name, each completely or not at all, by renaming hidden ones.

    They get their names in this order when all are written. When this returns, they are on the disk.
    What killed processes left half written in the folder is removed.
    """
    partials = {name: partial_of(folder / name) for name in contents}
    try:
        for name, content in contents.items():
            _write_new(partials[name], content.encode() if isinstance(content, str) else content)
        for name, partial in partials.items():
            partial.replace(folder / name)
    finally:
        for partial in partials.values():
            partial.unlink(missing_ok=True)
    flush_folder(folder)
    remove_abandoned(folder)


def _write_new(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)  # perhaps a link, which must not be written through
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def make_folder(path: Path) -> None:
    """Make a folder and its parents, unless it exists; when this returns, they are on the disk."""
    made = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for each in made:
        flush_folder(each.parent)


def flush_folder(path: Path) -> None:
    """Flush the names in a folder to the disk, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that cannot
            raise
    finally:
        os.close(descriptor)


def partial_of(path: Path) -> Path:
    """The hidden name beside `path` under which this process writes, or removes, what belongs there."""
    return path.with_name(f".{path.name}.{os.getpid()}@{socket.gethostname()}.partial")


def remove_abandoned(folder: Path) -> None:
    """Remove what killed processes left half written or half removed in a folder.

    What a process that lives on this machine, or may live on another one, is at is left alone.
    """
    for name in os.listdir(folder):  # noqa: PTH208 (in each write; iterdir takes three times as long)
        if (found := _PARTIAL.fullmatch(name)) and _is_abandoned(folder / name, **found.groupdict()):
            remove(folder / name)


def remove(path: Path) -> None:
    """Remove a file, or a folder with what is in it; nothing if it is not there."""
    with contextlib.suppress(FileNotFoundError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def _is_abandoned(path: Path, process: str, host: str | None) -> bool:
    if host == socket.gethostname():
        return not psutil.pid_exists(int(process))
    try:  # writing takes no hour
        return time.time() - path.lstat().st_mtime > _ABANDONED_SECONDS
    except OSError:
        return False
