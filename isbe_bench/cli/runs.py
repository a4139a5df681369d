"""Runs and sweeps: `isbe-bench` with Hydra overrides."""

import contextlib
import shlex
import sys
from collections.abc import Iterator, Sequence

from isbe_bench import tasks
from isbe_bench.cli import arguments
from isbe_bench.measuring import allocator
from isbe_bench.settings import composition, experiments


def run(typed: Sequence[str]) -> int:
    """Run what the arguments describe; returns the exit code, 0 only if every run is done."""
    allocator.settle()
    sys.argv[1:] = arguments.checked(typed)
    with _said_meanwhile("isbe-bench: reading the settings ..."):
        composed = composition.compose()
    asked = [tasks.find(each.get("task")).parse(each) for each in composed]
    if not asked:  # --help and --cfg do not need PyTorch
        return 0
    count = "1 run" if len(asked) == 1 else f"{len(asked)} runs"
    print(f"isbe-bench: {count}; loading PyTorch ...", file=sys.stderr, flush=True)
    from isbe_bench.execution import sweep

    return sweep.run_all(asked, shlex.join(["isbe-bench", *typed]))


@contextlib.contextmanager
def _said_meanwhile(line: str) -> Iterator[None]:
    """Show a line on a terminal until the block ends: large sweeps take seconds."""
    if not sys.stderr.isatty() or experiments.only_informs(sys.argv[1:]):
        yield
        return
    print(line, end="\r", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        print(" " * len(line), end="\r", file=sys.stderr, flush=True)
