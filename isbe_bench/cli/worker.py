"""A worker of a sweep: `python -m isbe_bench.cli.worker PARENT SWEEP ARGUMENTS`.

PARENT is the number of the process that started it, without which it saves and leaves. SWEEP names a
start of a sweep, and ARGUMENTS are those of the `isbe-bench` command that started it.
"""

import signal
import sys
from collections.abc import Sequence

from isbe_bench import orphans
from isbe_bench.cli import answer


def work(typed: Sequence[str]) -> int:
    """Do the runs of the sweep that no other worker does; returns the exit code."""
    parent, sweep, *arguments = typed
    orphans.end_with(int(parent), signal.SIGTERM)
    from isbe_bench.cli import runs  # imports Hydra

    asked = runs.asked(arguments)
    from isbe_bench.execution import worker  # imports PyTorch

    return worker.work(asked, sweep)


if __name__ == "__main__":
    sys.exit(answer(work))
