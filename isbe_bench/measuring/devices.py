"""The device of a run, and the process-wide PyTorch settings that go with it."""

import os

import torch
import torch.utils.deterministic

from isbe_bench.errors import InputError
from isbe_bench.settings.device import Device, ReadyDevice

_USUAL_THREADS = torch.get_num_threads()


def resolve(device: Device) -> ReadyDevice:
    """`auto` becomes `cuda` where a CUDA device is there, else `cpu`.

    Raises
    ------
    InputError
        A CUDA device that is not there.
    """
    count = torch.cuda.device_count() if device.name != "cpu" else 0
    if device.name == "cuda" and count == 0:
        raise InputError(
            f"device.name=cuda: no CUDA device is there (torch {torch.__version__}); "
            "allowed is cpu or auto"
        )
    name = "cuda" if count else "cpu"
    if name == "cuda" and device.index >= count:
        raise InputError(
            f"device.index={device.index}: no such CUDA device; allowed is 0 to {count - 1}"
        )
    return ReadyDevice(**dict(device) | {"name": name})


def activate(device: ReadyDevice) -> torch.device:
    """Set threads and determinism for this process; returns the device to compute on."""
    torch.set_num_threads(device.threads or _USUAL_THREADS)
    # cuBLAS is deterministic only with a workspace of fixed size, set before CUDA starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(device.deterministic)
    # Filling fresh memory with NaN would only cost time: the suite reads nothing that it did not write.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = not device.deterministic
    return torch.device("cpu") if device.name == "cpu" else torch.device("cuda", device.index)
