"""`device`: where a run computes."""

from typing import Annotated, Literal

from annotated_types import Ge, Le

from isbe_bench.settings.fields import Settings


class Device(Settings):
    """The requested device; `threads` is null for PyTorch's default."""

    name: Literal["auto", "cpu", "cuda"]
    index: Annotated[int, Ge(0)]
    threads: Annotated[int, Ge(1), Le(1024)] | None
    deterministic: bool


class ReadyDevice(Device):
    """A device that exists on this machine."""

    name: Literal["cpu", "cuda"]
