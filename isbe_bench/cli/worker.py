"""A worker of a sweep: `python -m isbe_bench.cli.worker SWEEP ARGUMENTS`.

SWEEP is the name of a start of a sweep, ARGUMENTS those of the `isbe-bench` command that started it.
"""

import sys
from collections.abc import Sequence

from isbe_bench.cli import answer


def work(typed: Sequence[str]) -> int:
    """Do the runs of the sweep that no other worker does; returns the exit code."""
    from isbe_bench.cli import runs  # imports Hydra

    sweep, *arguments = typed
    asked = runs.asked(arguments)
    from isbe_bench.execution import worker  # imports PyTorch

    return worker.work(asked, sweep)


if __name__ == "__main__":
    sys.exit(answer(work))
