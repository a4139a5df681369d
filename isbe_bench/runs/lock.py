"""The lock that a process holds while it works on a run, in `<results_dir>/.locks/`.

Two files make it. The kernel's lock on `<slug>.lock` is exact and ends with its process, but on a
shared file system it may not reach other machines, or outlive them, or not exist. So the process also
writes its name into `<slug>.owner`, and touches that file every few seconds. Whoever comes upon an owner
of another machine waits until that file has not changed for `TAKEOVER_SECONDS` of his own clock, and
takes the run over. An owner that was only suspended then finds another name there, and writes no more.

filelock's `SoftFileLease` does not serve: it takes nothing over where the kernel cannot exchange two
names, as on NFS.
"""

import contextlib
import dataclasses
import errno
import functools
import json
import os
import secrets
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout
from tqdm import tqdm

from isbe_bench.runs import files
from isbe_bench.runs.worker import Worker

LOCKS = ".locks"
"""The folder of the locks of all runs, in the results folder."""
BEAT_SECONDS = 10.0
TAKEOVER_SECONDS = 120.0
_NO_KERNEL_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


class BusyError(Exception):
    """Another process works on the run; the message names it."""


class TakenOverError(Exception):
    """Another process has taken the run over; the message names it."""


@dataclasses.dataclass(frozen=True)
class Owner:
    """What an owner file says.

    Attributes
    ----------
    worker
        None if the file cannot be read.
    token
        A random name of this one hold of the lock.
    released
        Whether it was given back.
    touched
        When the file last changed, in nanoseconds since 1970 by the clock of the file's machine.
    """

    worker: Worker | None
    token: str
    released: bool
    touched: int

    def __str__(self) -> str:
        return str(self.worker or "another process")


_seen: dict[Path, tuple[Owner, float]] = {}
"""The last beat of each owner that this process came upon, and when it first saw that (monotonic)."""


class RunLock:
    """The lock of one run, held from `acquire` to `release` or in a `with` block.

    Parameters
    ----------
    folder
        Where the locks lie; it need not exist.
    slug
        The name of the run's folder.
    """

    def __init__(self, folder: Path, slug: str) -> None:
        self._kernel_lock = FileLock(folder / f"{slug}.lock", fallback_to_soft=False)
        self._path = owner_path(folder, slug)
        self._token = ""
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock at once or not at all.

        Raises
        ------
        BusyError
            Another process holds it.
        OSError
            The folder cannot be written to.
        """
        files.make_folder(self._path.parent)
        try:
            free, owner = self._take_kernel_lock(), read_owner(self._path)
            if owner and not owner.released:
                self._remove(owner, free)
            elif not free:  # between taking one lock and the other
                raise BusyError("another process is working on it")
            elif owner:
                self._move_away(owner)
            token = secrets.token_hex(8)
            if not self._create(token):
                raise BusyError("another process has just begun to work on it")
            self._token, self._ended = token, threading.Event()
            threading.Thread(target=_beat, args=(self._path, token, self._ended), daemon=True).start()
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Give the lock back, if it is held."""
        self._ended.set()
        try:
            if self._token:
                self._mark_released()
        finally:
            self._token = ""
            self._kernel_lock.release()

    def check(self) -> None:
        """Raise TakenOverError if the lock was held, and is another's now."""
        if not self._token:
            return
        owner = read_owner(self._path)
        if owner is None:  # processes remove no file of a living one: somebody has cleared the folder
            files.make_folder(self._path.parent)
            if self._create(self._token):
                return
            owner = read_owner(self._path)
        if owner is None or owner.token != self._token:
            raise TakenOverError(f"taken over by {owner or 'another process'}")

    def _take_kernel_lock(self) -> bool:
        """Whether no other process holds it, as far as the file system can say."""
        try:
            self._kernel_lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as error:
            if error.errno not in _NO_KERNEL_LOCKS:
                raise
            _say_no_kernel_locks(self._path.parent)
        return True

    def _remove(self, owner: Owner, free: bool) -> None:
        """Remove the file of an owner that is gone, or seems to be; else raise BusyError.

        `free` says whether the kernel's lock is.
        """
        if owner.worker and owner.worker.is_here:
            if not free or owner.worker.is_alive:
                raise BusyError(f"{owner} is working on it")
            self._move_away(owner)
            return
        seen, since = _seen.get(self._path, (None, 0.0))
        if seen != owner:
            since = time.monotonic()
            _seen[self._path] = (owner, since)
        if time.monotonic() - since < TAKEOVER_SECONDS:
            raise BusyError(
                f"{owner} is working on it; the run is taken over if it gives no sign of life for "
                f"{TAKEOVER_SECONDS:g} s"
            )
        self._move_away(owner)
        tqdm.write(
            f"{self._path.stem}: taken over from {owner}, which gave no sign of life for "
            f"{TAKEOVER_SECONDS:g} s"
        )

    def _move_away(self, owner: Owner) -> None:
        """Remove the file of `owner` and no other, though other machines may be doing the same."""
        aside = files.partial_of(self._path)
        try:
            self._path.rename(aside)
            taken = read_owner(aside)
            if taken and taken.token != owner.token:  # one that was faster has its own there already
                with contextlib.suppress(OSError):  # it writes its file again if it misses it
                    os.link(aside, self._path)
                raise BusyError(f"{taken} is working on it")
        except FileNotFoundError:
            return  # only one of the two will create the next
        finally:
            aside.unlink(missing_ok=True)

    def _create(self, token: str) -> bool:
        """Create the owner file; False if it exists. Of several processes, one can."""
        try:
            with self._path.open("x", encoding="utf-8") as file:
                file.write(_content(token, released=False))
        except FileExistsError:
            return False
        except OSError:  # a full disk
            self._path.unlink(missing_ok=True)
            raise
        return True

    def _mark_released(self) -> None:
        """Let the file stay, so that a process that was suspended sees that the run was another's."""
        partial = files.partial_of(self._path)
        with contextlib.suppress(OSError):  # a folder that has become read-only
            owner = read_owner(self._path)
            if owner is None or owner.token != self._token:
                return
            try:
                partial.unlink(missing_ok=True)  # perhaps a link, which must not be written through
                with partial.open("x", encoding="utf-8") as file:
                    file.write(_content(self._token, released=True))
                partial.replace(self._path)
            except OSError:  # a full disk
                partial.unlink(missing_ok=True)
                self._path.unlink()


def owner_path(folder: Path, slug: str) -> Path:
    """The file that names the owner of a run, in the folder of the locks."""
    return folder / f"{slug}.owner"


def read_owner(path: Path) -> Owner | None:
    """The owner in a file; None without a file.

    Raises
    ------
    OSError
        The file cannot be opened.
    """
    try:
        with path.open(encoding="utf-8") as file:  # NFS asks the server when a file is opened
            touched = os.fstat(file.fileno()).st_mtime_ns
            text = file.read()
    except FileNotFoundError:
        return None
    try:
        content = json.loads(text)
        return Owner(Worker.read(content), str(content["token"]), content["released"] is True, touched)
    except (ValueError, KeyError, TypeError):  # just being written, or its machine lost power
        return Owner(None, "", False, touched)


def _content(token: str, released: bool) -> str:
    owner = dataclasses.asdict(Worker.current()) | {"token": token, "released": released}
    return json.dumps(owner) + "\n"


def _beat(path: Path, token: str, ended: threading.Event) -> None:
    while not ended.wait(BEAT_SECONDS):
        with contextlib.suppress(OSError):  # a server that does not answer, perhaps for a while
            owner = read_owner(path)
            if owner and owner.token == token:
                os.utime(path)


@functools.cache
def _say_no_kernel_locks(folder: Path) -> None:
    tqdm.write(
        f"{folder}: its file system has no locks; runs are shared by signs of life alone, and the run "
        f"of a process that died on another machine is taken over after {TAKEOVER_SECONDS:g} s"
    )
