"""A training step of each net beside its floor: its operations at the rate of the fastest product."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.sampling import SECONDS, markdown, measured, ratio_text, timed
from isbe_bench import networks
from isbe_bench.data.images import Shape
from isbe_bench.measuring import precision
from isbe_bench.settings import composition, words
from isbe_bench.settings.architecture import AnyArchitecture
from isbe_bench.settings.device import Precision

_NETS: dict[str, Shape] = {
    "n0": (1, 28, 28),
    "n1": (1, 28, 28),
    "vgg16": (3, 32, 32),
    "airbench": (3, 32, 32),
}
_BATCH = 128
_SIDE = 2_048  # of the matrices
_MAPS, _MAP_SIDE = 256, 8  # of the convolution
_WARMUP = 2


def measure(device: torch.device, rounds: int) -> str:
    """A table of ratios as Markdown."""
    rows, rates = [], []
    for name, of_weights in (("float32", torch.float32), ("bf16", torch.bfloat16)):
        kind: Precision = "bf16" if name == "bf16" else "float32"
        rate, text = _rate(of_weights, device, rounds)
        rates.append(f"{name} {text}")
        for net, shape in _NETS.items():
            rows.append((net, name, *_step(net, shape, kind, device, rounds, rate)))
    note = (
        f"Forward and backward of cross-entropy for {_BATCH} images, eager, and compiled by "
        "`torch.compile`. Floor: the operations of all convolutions and products, at the faster rate of "
        f"a product of matrices of {_SIDE:,} x {_SIDE:,} and a convolution of {_MAPS} maps: "
        f"{'; '.join(rates)}. Means of {rounds} rounds after {_WARMUP} of warm-up."
    )
    columns = ("net", "precision", "GFLOP", "step, ms", "over its floor", "compiled over eager")
    return markdown("Steps", columns, rows, note)


@torch.no_grad()
def _rate(dtype: torch.dtype, device: torch.device, rounds: int) -> tuple[float, str]:
    """Operations a second, and both rates in words."""
    matrix = torch.randn(_SIDE, _SIDE, device=device, dtype=dtype)
    convolution = nn.Conv2d(_MAPS, _MAPS, 3, padding=1, bias=False, device=device, dtype=dtype)
    maps = torch.randn(_BATCH, _MAPS, _MAP_SIDE, _MAP_SIDE, device=device, dtype=dtype)
    maps = maps.contiguous(memory_format=torch.channels_last)
    convolution = convolution.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    work = {"product": lambda: matrix @ matrix, "convolution": lambda: convolution(maps)}
    operations = {
        "product": 2 * _SIDE**3,
        "convolution": 2 * _BATCH * _MAP_SIDE**2 * _MAPS**2 * 9,
    }
    comparison = measured({name: timed(do) for name, do in work.items()}, _WARMUP, rounds)
    rates = {name: operations[name] / comparison.mean(SECONDS, name).mean for name in work}
    text = ", ".join(f"{name} {rate / 1e9:,.0f} GFLOP/s" for name, rate in rates.items())
    return max(rates.values()), text


def _step(
    net: str, shape: Shape, kind: Precision, device: torch.device, rounds: int, rate: float
) -> tuple[str, ...]:
    """Operations, time, time over the floor, and compiled over eager."""
    arch = words.validate(AnyArchitecture, composition.choice("arch", net), "arch")
    network = networks.initialised(arch, shape, 10, 0, device)
    images = torch.randn(_BATCH, *shape, device=device).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(10, (_BATCH,), device=device)

    def step(forward: Callable[[Tensor], Tensor]) -> None:
        F.cross_entropy(forward(images), labels).backward()
        network.zero_grad()

    eager = precision.forward(network, kind, device)
    compiled = torch.compile(eager)
    with FlopCounterMode(display=False) as counter:
        step(eager)
    work = {"eager": timed(lambda: step(eager)), "compiled": timed(lambda: step(compiled))}
    comparison = measured(work, _WARMUP, rounds)
    seconds = comparison.mean(SECONDS, "eager").mean
    operations = counter.get_total_flops()
    return (
        f"{operations / 1e9:.2f}",
        f"{1000 * seconds:.1f}",
        f"{seconds * rate / operations:.2f}",
        ratio_text(comparison, "compiled", "eager"),
    )
