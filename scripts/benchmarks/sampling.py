"""What the benchmarks share: work measured in turns, ratios with intervals, and the machine."""

import time
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import torch

from isbe_bench.measuring import balanced_rounds, environment
from isbe_bench.measuring.balanced_rounds import Subject
from isbe_bench.statistics.comparison import Comparison

SECONDS = "seconds"


def measured(
    subjects: Mapping[str, Subject], warmup: int, rounds: int, quantity: str = SECONDS
) -> Comparison:
    """The times of subjects that take turns in this process; a round is a unit."""
    samples = [
        {"run": "", "process": each.round, "round": 0, "mode": each.subject}
        | {"warmup": int(each.warmup), quantity: each.times_ms[quantity]}
        for each in balanced_rounds.measure(subjects, warmup, rounds)
    ]
    return Comparison(pd.DataFrame(samples))


def timed(do: Callable[[], object]) -> Subject:
    """A subject whose seconds are those of one call."""

    def once(number: int) -> Mapping[str, float]:
        started = time.perf_counter()
        result = do()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds = time.perf_counter() - started
        del result
        return {SECONDS: seconds}

    return once


def ratio_text(comparison: Comparison, name: str, reference: str, quantity: str = SECONDS) -> str:
    """The time of one piece of work over that of another, with its 95% Student interval over rounds."""
    ratio = comparison.ratio(quantity, name, reference)
    return f"{ratio.mean:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"


def markdown(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], note: str) -> str:
    """A table with a heading and a note below it."""
    table = pd.DataFrame(rows, columns=list(columns)).to_markdown(index=False, disable_numparse=True)
    return f"## {title}\n\n{table}\n\n{note}\n"


def device() -> torch.device:
    """The GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def machine() -> str:
    """Hardware and versions in one line."""
    origin = environment.describe(device())
    versions = ", ".join(f"{name} {origin[name]}" for name in ("isbe_bench", "python", "torch"))
    return (
        f"{origin['cpu']}, {origin['cpu_count']} cores, {torch.get_num_threads()} threads, "
        f"{origin['device']}, {versions}, revision {origin['git_revision']}"
        f"{', with uncommitted changes' if origin['git_dirty'] else ''}"
    )
