"""A lock for each device: timed runs never share one."""

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
    """Hold the device for a timed run; if another timed run of this user holds it, say so and wait."""
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
