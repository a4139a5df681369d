"""The device of a run, and PyTorch's process-wide settings for it."""

import os

import torch
import torch.utils.deterministic

from isbe_bench.errors import InputError
from isbe_bench.measuring import precision
from isbe_bench.settings.device import Device, ReadyDevice

_USUAL_THREADS = torch.get_num_threads()


def resolve(device: Device) -> ReadyDevice:
    """`auto` becomes `cuda` if the machine has a CUDA device, else `cpu`; a ready device stays.

    Raises
    ------
    InputError
        A CUDA device that the machine does not have.
    """
    if isinstance(device, ReadyDevice):  # perhaps of another machine
        return device
    count = torch.cuda.device_count() if device.name != "cpu" else 0
    if device.name == "cuda" and count == 0:
        raise InputError(
            f"device.name=cuda: no CUDA device is there (torch {torch.__version__}); "
            "allowed is cpu or auto"
        )
    name = "cuda" if count else "cpu"
    if name == "cpu" and device.precision == "tf32":
        raise InputError(
            "device.precision=tf32: needs CUDA, and the device is cpu; allowed is float32 or bf16"
        )
    if name == "cuda" and device.index >= count:
        raise InputError(
            f"device.index={device.index}: no such CUDA device; allowed is 0 to {count - 1}"
        )
    return ReadyDevice(**dict(device) | {"name": name})


def activate(device: ReadyDevice) -> torch.device:
    """Set the threads, determinism and precision of this process, and return the device."""
    torch.set_num_threads(device.threads or _USUAL_THREADS)
    # cuBLAS is deterministic only with a workspace of fixed size, set before CUDA starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(device.deterministic)
    # Filling fresh memory with NaN would cost time in vain: the suite writes memory before it reads it.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    precision.set_float32(device.precision)
    torch.backends.cudnn.benchmark = not device.deterministic
    return torch.device("cpu") if device.name == "cpu" else torch.device("cuda", device.index)
