"""Two timed runs never share a device: the second waits for the first."""

import contextlib
import getpass
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from tqdm import tqdm


@contextlib.contextmanager
def hold(device: torch.device) -> Iterator[None]:
    """Hold the device for a timed run, waiting for any other of this user, and saying so."""
    owner = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    folder = Path(tempfile.gettempdir()) / f"isbe-bench-{owner}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = "cpu" if device.type == "cpu" else str(torch.cuda.get_device_properties(device).uuid)
    lock = FileLock(folder / f"timing-{name}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        tqdm.write(f"waiting for another timed run on this {device.type} to end (Ctrl-C gives up)")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
