"""The work of `task=head`: measures all ways at all sizes, after checking their gradients."""

import os
from collections.abc import Mapping
from typing import Any

import torch

from isbe_bench.catalogue.losses import TWIN
from isbe_bench.data import seeding
from isbe_bench.losses import heads, linear_heads
from isbe_bench.measuring.processes import Report
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import HEAD, Conditions, HeadSample
from isbe_bench.tasks import timed
from isbe_bench.tasks.head import benches
from isbe_bench.tasks.head.settings import ReadyHead


def run(ready: ReadyHead, folder: RunFolder) -> str:
    """Measure all ways at all sizes in all processes."""
    head = ready.head
    rounds = sum(head.warmup + size.rounds for size in head.sizes)
    timed.run(ready, folder, timed.Plan(work, HEAD, HeadSample, head.processes, rounds))
    sizes = "one size" if len(head.sizes) == 1 else f"{len(head.sizes)} sizes"
    return f"{len(head.ways)} ways at {sizes}"


def work(ready: ReadyHead, process: int, report: Report) -> tuple[list[HeadSample], Conditions]:
    """Measure in one fresh process; returns its samples and conditions.

    Raises
    ------
    ArithmeticError
        The gradient of a way differs from the reference; nothing is timed then.
    """
    head = ready.head
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # no idle compiler processes beside a timing
    torch._dynamo.config.recompile_limit = max(8, len(head.sizes))  # of one way; 8 is PyTorch's
    session = timed.Session(ready.device, process, report)
    generator = seeding.generator(ready.seed, "scores", process)
    found = benches.make(head, getattr(torch, head.scores), session.device, generator)
    names = [*head.ways, head.ways[0] + TWIN]
    known: Mapping[str, Any] = heads.WAYS if head.features is None else linear_heads.WAYS
    ways = {name: known[name.removesuffix(TWIN)] for name in names}
    gradients = {name: way.make() for name, way in ways.items()}
    peaks, errors = [], []
    for bench in found:
        errors.append({name: bench.error(name, ways[name], each) for name, each in gradients.items()})
        peaks.append({name: bench.peak_bytes(gradient) for name, gradient in gradients.items()})
    trials = [bench.trial(gradients) * (head.warmup + bench.size.rounds) for bench in found]
    session.begin(sum(trials))
    samples: list[HeadSample] = []
    for bench, peak, error in zip(found, peaks, errors, strict=True):
        size = bench.size
        subjects = {name: bench.subject(gradient) for name, gradient in gradients.items()}
        subjects[bench.floor] = bench.floor_subject()
        samples += [
            HeadSample(
                process,
                each.round,
                each.position,
                size.classes,
                size.batch_size,
                each.subject,
                each.times_ms["gradient"],
                peak.get(each.subject, 0),
                int(each.warmup),
                error.get(each.subject, 0.0),
            )
            for each in session.measure(subjects, head.warmup, size.rounds)
        ]
    return samples, session.conditions()
