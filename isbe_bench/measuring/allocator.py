"""Settings of glibc's malloc that make the times of CPU steps steady.

By default glibc maps large blocks at every allocation and unmaps them at every release, so a training
step pays for thousands of page faults, and each process for another number of them. With three
thresholds raised, freed blocks are kept for the next step: steps become faster, and identical loss modes
take the same time. `mallopt` sets them in the running process, before anything large is allocated.
"""

import ctypes
import os
import platform

_SETTINGS = {  # name: (mallopt's parameter, bytes)
    "mmap_threshold": (-3, 2**30),
    "trim_threshold": (-1, 2**31 - 1),
    "top_pad": (-2, 2**26),
}
_in_force: dict[str, int | str] = {}


def settle() -> None:
    """Apply the settings, unless the user's environment variables configure an allocator."""
    own = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("MALLOC_") or name in ("GLIBC_TUNABLES", "LD_PRELOAD")
    }
    _in_force.clear()
    _in_force.update(own)
    if own or platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    for name, (parameter, size) in _SETTINGS.items():
        if mallopt(parameter, size):
            _in_force[name] = size


def in_force() -> dict[str, int | str]:
    """The settings that `settle` applied, or those of the environment; empty if there are none."""
    return dict(_in_force)
