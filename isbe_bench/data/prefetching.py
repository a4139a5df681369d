"""Tensors that a GPU makes on a stream of its own, while it works on those before."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor

Make = Callable[[slice], Tensor]


def made(make: Make, parts: Iterable[slice], device: torch.device) -> Iterator[Tensor]:
    """`make` of each part, in order; on a GPU the next one is begun before one is given out.

    On a CPU each is made when it is asked for, as all cores work on the step.
    """
    return _ahead(make, parts, device) if device.type == "cuda" else map(make, parts)


def _ahead(make: Make, parts: Iterable[slice], device: torch.device) -> Iterator[Tensor]:
    user = torch.cuda.current_stream(device)
    stream = torch.cuda.Stream(device)
    stream.wait_stream(user)  # which made what the parts are made of
    before: Tensor | None = None
    for part in parts:
        with torch.cuda.stream(stream):
            tensor = make(part)
            ready = stream.record_event()
        if before is not None:
            yield before
        user.wait_event(ready)
        tensor.record_stream(user)  # whose work on it ends after Python has let go of it
        before = tensor
    if before is not None:
        yield before
