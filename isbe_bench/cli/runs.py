"""Runs and sweeps: `isbe-bench` with Hydra overrides."""

import sys
from collections.abc import Sequence

from isbe_bench import tasks
from isbe_bench.cli import arguments
from isbe_bench.measuring import allocator
from isbe_bench.settings import composition


def run(typed: Sequence[str]) -> int:
    """Run what the arguments describe; returns the exit code, 0 only if every run is done."""
    allocator.settle()
    sys.argv[1:] = arguments.checked(typed)
    composed = composition.compose()
    asked = [tasks.find(each.get("task")).parse(each) for each in composed]
    if not asked:  # --help and --cfg do not need PyTorch
        return 0
    from isbe_bench.execution import sweep

    return sweep.run_all(asked)
