"""The loss head alone: from scores to their gradient, over the time of copying the scores."""

import torch

from benchmarks.sampling import markdown, measured, ratio_text
from isbe_bench.catalogue.heads import COPY
from isbe_bench.data import seeding
from isbe_bench.losses import heads
from isbe_bench.tasks.head.benches import ScoreBench
from isbe_bench.tasks.head.settings import Size

_SIZES = ((32_000, 1_024), (128_256, 256))
_WARMUP = 3
_QUANTITY = "gradient"


def measure(device: torch.device, rounds: int) -> str:
    """A table of ratios as Markdown."""
    ways = [way for way in heads.WAYS if heads.missing(way, device.type) is None]
    gradients = {way: heads.WAYS[way].make() for way in ways}
    columns: dict[str, list[str]] = {}
    for classes, batch_size in _SIZES:
        generator = seeding.generator(0, "scores")
        size = Size(classes=classes, batch_size=batch_size, rounds=rounds)
        bench = ScoreBench(size, torch.float32, device, generator)
        for way, gradient in gradients.items():
            bench.error(way, heads.WAYS[way], gradient)
        subjects = {way: bench.subject(gradient) for way, gradient in gradients.items()}
        subjects[COPY] = bench.floor_subject()
        comparison = measured(subjects, _WARMUP, rounds, _QUANTITY)
        columns[f"{batch_size:,} x {classes:,}"] = [
            *(ratio_text(comparison, way, COPY, _QUANTITY) for way in ways),
            f"{comparison.mean(_QUANTITY, COPY).mean:.2f} ms",
        ]
    rows = list(zip([*ways, COPY], *columns.values(), strict=True))
    note = (
        "Time over that of a copy of the scores, for scores of batch x classes in float32. Each way "
        "takes fresh scores, right after an untimed run of the same way; "
        f"{rounds} rounds after {_WARMUP} of warm-up, 95% Student intervals over rounds. "
        "`isbe-bench task=head` measures the same in several processes."
    )
    return markdown("Heads", ("way", *columns), rows, note)
