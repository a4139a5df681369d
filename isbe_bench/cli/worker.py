"""A worker of a sweep: `python -m isbe_bench.cli.worker SWEEP ARGUMENTS`.

SWEEP is the name of a start of a sweep, ARGUMENTS those of the `isbe-bench` command that started it.
"""

import sys

from isbe_bench.cli import guarded, runs


def work() -> int:
    """Do the runs of the sweep that no other worker does; returns the exit code."""
    sweep, *arguments = sys.argv[1:]
    asked = runs.asked(arguments)
    from isbe_bench.execution import worker  # imports PyTorch

    return worker.work(asked, sweep)


if __name__ == "__main__":
    sys.exit(guarded(work))
