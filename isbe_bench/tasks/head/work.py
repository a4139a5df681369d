"""The work of `task=head`: measures all ways at all sizes, after checking their gradients."""

import os
import time
from collections.abc import Mapping

import torch
from torch import Tensor

from isbe_bench.catalogue.heads import COPY
from isbe_bench.catalogue.losses import TWIN
from isbe_bench.data import seeding
from isbe_bench.losses import heads
from isbe_bench.losses.heads import Gradient
from isbe_bench.measuring import balanced_rounds, clocks, memory
from isbe_bench.measuring.processes import Report
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import HEAD, Conditions, HeadSample
from isbe_bench.tasks import timed
from isbe_bench.tasks.head.settings import ReadyHead, Size

_CHECKED_ROWS = 16
_TOLERANCES = {torch.float32: 1e-5, torch.bfloat16: 2e-2}
"""Of the norm of the error over that of the gradient."""


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
    session = timed.Session(ready.device, process, report)
    generator = seeding.generator(ready.seed, "scores", process)
    scores_type = getattr(torch, head.scores)
    benches = [_Bench(size, scores_type, session.device, generator) for size in head.sizes]
    names = [*head.ways, head.ways[0] + TWIN]
    ways = {name: heads.WAYS[name.removesuffix(TWIN)] for name in names}
    gradients = {name: way.make() for name, way in ways.items()}
    peaks, errors = [], []
    for bench in benches:
        errors.append({name: bench.error(name, ways[name], each) for name, each in gradients.items()})
        peaks.append({name: bench.peak_bytes(gradient) for name, gradient in gradients.items()})
    trials = [bench.trial(gradients) * (head.warmup + bench.size.rounds) for bench in benches]
    session.begin(sum(trials))
    samples: list[HeadSample] = []
    for bench, peak, error in zip(benches, peaks, errors, strict=True):
        size = bench.size
        subjects = {name: bench.subject(gradient) for name, gradient in gradients.items()}
        subjects[COPY] = bench.subject(bench.copy)
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


class _Bench:
    """Scores and labels of one size, and the measurements made with them."""

    def __init__(
        self, size: Size, dtype: torch.dtype, device: torch.device, generator: torch.Generator
    ) -> None:
        self.size = size
        shape = size.batch_size, size.classes
        self._source = torch.randn(shape, generator=generator).to(device, dtype)
        self._scores = torch.empty_like(self._source)
        self._target = torch.empty_like(self._source)
        self._labels = torch.randint(size.classes, shape[:1], generator=generator).to(device)
        self._device = device
        self._clock = clocks.make(device)

    def copy(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Copy the scores to another tensor, the floor of all ways."""
        return self._target.copy_(scores)

    def subject(self, gradient: Gradient) -> balanced_rounds.Subject:
        """The way, timed on fresh scores right after an untimed run of the same way.

        A way that takes microseconds is sensitive to what ran before it. After different ways, its
        times would be a mixture whose median jumps. (In a training step, the same network runs before
        any head.)
        """

        def once(number: int) -> Mapping[str, float]:
            self._scores.copy_(self._source)  # some ways overwrite them
            gradient(self._scores, self._labels)
            self._scores.copy_(self._source)
            self._clock.start()
            result = gradient(self._scores, self._labels)
            self._clock.mark("gradient")
            times = self._clock.totals_ms()
            del result
            return times

        return once

    def trial(self, gradients: Mapping[str, Gradient]) -> float:
        """Seconds that one round takes."""
        started = time.monotonic()
        for gradient in (*gradients.values(), self.copy):
            self.subject(gradient)(0)
        return time.monotonic() - started

    def peak_bytes(self, gradient: Gradient) -> int:
        """Peak memory of the way beyond the scores, in bytes."""
        self._scores.copy_(self._source)
        return memory.peak_bytes(lambda: gradient(self._scores, self._labels), self._device)

    def error(self, name: str, way: heads.Way, gradient: Gradient) -> float:
        """The largest distance of the first rows from the reference gradient.

        Raises
        ------
        ArithmeticError
            The norm of the difference is too large.
        """
        self._scores.copy_(self._source)
        result = gradient(self._scores, self._labels)[:_CHECKED_ROWS].double()
        if way.mean:
            result *= self.size.batch_size
        rows = slice(0, _CHECKED_ROWS)
        expected = way.reference(self._source[rows], self._labels[rows])
        error = float((result - expected).norm() / expected.norm())
        if not error < _TOLERANCES[self._source.dtype]:
            raise ArithmeticError(
                f"{name} with {self.size.classes} classes: the gradient is off by {error:.1e}"
            )
        return float((result - expected).abs().max())
