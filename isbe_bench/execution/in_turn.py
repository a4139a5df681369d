"""Runs one after another, in this process."""

import time
from collections.abc import Generator, Sequence

from isbe_bench import signals
from isbe_bench.execution.lines import Titled, place, say, words
from isbe_bench.execution.run import Outcome, execute

_SECONDS_BETWEEN_TRIES = 1.0
"""While waiting for runs of other processes: asking the kernel to wait would miss those taken over."""


def outcomes(runs: Sequence[Titled], sweep: str) -> Generator[tuple[int, Outcome]]:
    """Execute the runs in order, saying how each one ended; gives each with its number, from 0.

    Runs on which another process is working are skipped and waited for at the end. After an interrupt,
    the last outcome says so.
    """
    busy = []
    for number, (ready, title) in enumerate(runs):
        signals.check()
        outcome = execute(ready, title, sweep)
        say(f"{place(runs, number)}: {words(outcome)}")
        if outcome.status == "busy":
            busy.append(number)
            continue
        yield number, outcome
        if outcome.status == "interrupted":
            return
    for number in busy:
        say(f"{place(runs, number)}: waiting for the process that is working on it")
    while busy:
        for number in tuple(busy):
            signals.check()
            outcome = execute(*runs[number], sweep)  # uses the other's result, or continues its work
            if outcome.status == "busy":
                continue
            busy.remove(number)
            say(f"{place(runs, number)}: {words(outcome)}")
            yield number, outcome
            if outcome.status == "interrupted":
                return
        time.sleep(_SECONDS_BETWEEN_TRIES if busy else 0)
