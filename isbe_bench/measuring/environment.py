"""The origin of a number: versions, hardware, settings, and the load by other processes."""

import contextlib
import functools
import importlib.metadata
import os
import platform
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cpuinfo
import psutil
import torch

from isbe_bench.measuring import allocator
from isbe_bench.settings import code, own
from isbe_bench.version import NUMERICS, __version__

_CPUS = Path("/proc/cpuinfo")  # on Linux


def describe(device: torch.device, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The content of `environment.json`; JSON types only.

    `settings` are those of the run: the versions of the packages that its own parts come from are added
    as `packages`, if there are any.
    """
    cuda = device.type == "cuda"
    packages = code.versions(own.targets(settings or {}))
    return {
        "isbe_bench": __version__,
        "numerics": NUMERICS,
        **_git(),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "torchvision": importlib.metadata.version("torchvision"),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version() if cuda else None,
        "platform": platform.platform(),
        "cpu": _cpu_name(),
        "cpu_count": os.cpu_count(),
        "device": torch.cuda.get_device_name(device) if cuda else _cpu_name(),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "allocator": allocator.in_force(),
        **({"packages": packages} if packages else {}),
    }


@functools.cache
def _cpu_name() -> str:
    with contextlib.suppress(OSError):  # cpuinfo finds the same name, but takes a second for it
        cpus = _CPUS.read_text(encoding="utf-8")
        if found := re.search(r"^model name\s*:\s*(\S.*)$", cpus, re.MULTILINE):
            return found[1].rstrip()
    return str(cpuinfo.get_cpu_info().get("brand_raw", platform.machine()))


@functools.cache
def _git() -> dict[str, Any]:
    """Revision and dirty flag of the package's checkout; null if it is installed."""
    package = Path(__file__).parents[1]

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(package), *arguments],
                capture_output=True,
                text=True,
                encoding="utf-8",
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        return done.stdout.strip()

    tracked = git("ls-files", "--error-unmatch", "__init__.py")
    if tracked is None:  # not a checkout, or the checkout of another project
        return {"git_revision": None, "git_dirty": None}
    # Code and settings alone: a checkout with changed results still runs the same code.
    changes = git("status", "--porcelain", "--", ".", "../conf")
    return {"git_revision": git("rev-parse", "HEAD"), "git_dirty": bool(changes)}


class ForeignLoad:
    """The share of the machine's CPU time that other processes take since this object was created."""

    def __init__(self) -> None:
        self._start = self._now()

    def share(self) -> float:
        """In [0, 1]; with two cores, 0.5 means that other processes keep one of them busy."""
        wall, busy, own = (now - then for now, then in zip(self._now(), self._start, strict=True))
        capacity = wall * (os.cpu_count() or 1)
        return round(min(1.0, max(0.0, (busy - own) / capacity)), 4) if capacity else 0.0

    @staticmethod
    def _now() -> tuple[float, float, float]:
        machine, process = psutil.cpu_times(), psutil.Process().cpu_times()
        idle = machine.idle + getattr(machine, "iowait", 0.0)
        return time.monotonic(), sum(machine) - idle, process.user + process.system
