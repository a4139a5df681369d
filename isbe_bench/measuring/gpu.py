"""The state of an NVIDIA GPU, read through NVML where `nvidia-ml-py` is installed."""

import math
import os
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class State:
    """Clock in MHz, number of other processes, and reasons for throttling; NaN where unknown."""

    mhz: float = math.nan
    others: float = math.nan
    throttled: frozenset[str] = frozenset()


_SLOWDOWNS = {
    "nvmlClocksThrottleReasonSwThermalSlowdown": "temperature",
    "nvmlClocksThrottleReasonHwThermalSlowdown": "temperature",
    "nvmlClocksThrottleReasonHwPowerBrakeSlowdown": "power brake",
    "nvmlClocksThrottleReasonSwPowerCap": "power limit",
}


def read(device: torch.device) -> State:
    """The state of a CUDA device; unknown for other devices, or without NVML."""
    if device.type != "cuda":
        return State()
    try:
        import pynvml
    except ImportError:
        return State()
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return State()
    try:
        return _read(pynvml, device)
    except pynvml.NVMLError:
        return State()
    finally:
        pynvml.nvmlShutdown()


def _read(nvml: Any, device: torch.device) -> State:
    uuid = str(torch.cuda.get_device_properties(device).uuid)
    handle = nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid.removeprefix('GPU-')}")
    running = {process.pid for process in nvml.nvmlDeviceGetComputeRunningProcesses(handle)}
    # This process uses the device, so it is in the list, unless its container numbers processes anew.
    same_numbers = os.getpid() in running
    # The parent process, which waits for this one, has a context on the device too.
    others = len(running - {os.getpid(), os.getppid()}) if same_numbers else math.nan
    reasons = nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)
    return State(
        mhz=float(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM)),
        others=float(others),
        throttled=frozenset(word for name, word in _SLOWDOWNS.items() if reasons & getattr(nvml, name)),
    )
