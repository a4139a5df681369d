"""`device`: where a run computes."""

from typing import Annotated, Literal

from annotated_types import Ge, Le

from isbe_bench.settings.fields import Settings

Precision = Literal["float32", "tf32", "bf16"]
Engine = Literal["eager", "graph"]
"""How operations are launched: one by one, or as CUDA graphs."""


class Device(Settings):
    """The requested device.

    Attributes
    ----------
    index
        Of the CUDA device.
    threads
        Of the CPU; null: PyTorch's default.
    deterministic
        Whether the same seed gives the same bits.
    compile
        Whether `torch.compile` makes the network's forward and backward phase, without its classifier.
    precision
        `float32`, also of products inside convolutions; `tf32`, with factors of 10 bits; `bf16`,
        autocast to bfloat16. Weights, scores and soft errors are float32.
    """

    name: Literal["auto", "cpu", "cuda"]
    index: Annotated[int, Ge(0)]
    threads: Annotated[int, Ge(1), Le(1024)] | None
    deterministic: bool
    precision: Precision
    compile: bool = False  # which older records lack


class ReadyDevice(Device):
    """A device that exists on this machine."""

    name: Literal["cpu", "cuda"]
