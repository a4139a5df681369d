"""Saved weights: `weights.safetensors` in a run folder, the state that gave alpha.

Names begin with `network.`, or with `loss.` for what a loss has learnt. Weights that share their memory
are stored under each name.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from isbe_bench.errors import InputError
from isbe_bench.runs import reading


def check(modules: nn.Module) -> None:
    """Check that the state of modules can be saved, and read again.

    Raises
    ------
    InputError
        State that is no tensor, or that is larger than any file of a results folder may be.
    """
    state = modules.state_dict()
    for name, value in state.items():
        if not isinstance(value, Tensor):
            raise InputError(
                f"train.save_weights=true: {name} is a {type(value).__name__}, and only tensors can be "
                "saved; allowed is false"
            )
    size = sum(value.nbytes for value in state.values())
    if size > reading.MAX_BYTES:
        raise InputError(
            f"train.save_weights=true: the weights have {size:,} bytes; allowed is false, or a network "
            f"with {reading.MAX_BYTES:,} or fewer"
        )


def pack(modules: nn.Module, about: Mapping[str, str]) -> bytes:
    """The state of modules as a file, with metadata; InputError as `check`."""
    check(modules)
    state = {
        name: value.to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name, value in modules.state_dict().items()
    }
    return save(state, dict(about))


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The state in a file, on the CPU, and its metadata; nothing in the file is executed.

    Raises
    ------
    OSError, ValueError
        The file cannot be read, or holds something else.
    """
    reading.check_regular(path)
    try:
        with safe_open(path, "pt") as file:
            names = file.keys()  # it is no mapping
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except SafetensorError as error:
        raise ValueError(str(error)) from error
