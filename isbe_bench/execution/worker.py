"""A worker: does the runs of a sweep that no other worker does."""

import time
from collections.abc import Iterator, Sequence

from isbe_bench import signals
from isbe_bench.execution.lines import Titled, place, say, words
from isbe_bench.execution.run import Outcome, execute
from isbe_bench.execution.sweep import checked
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings.run import RunSettings

_POLL_SECONDS = 1.0


def work(asked: Sequence[RunSettings], sweep: str) -> int:
    """Do the runs that have not ended in this sweep; returns the exit code.

    0 when nothing is left to do, whatever became of the runs; 128 + signal after a signal.
    """
    interrupted = any(each.status == "interrupted" for each in _outcomes(checked(asked), sweep))
    return signals.exit_code() if interrupted else 0


def _outcomes(runs: Sequence[Titled], sweep: str) -> Iterator[Outcome]:
    """Execute the runs, saying how each ended.

    Runs of this sweep's other workers are left to them: whoever replaces a dead worker continues its
    run. Runs of other commands are waited for.
    """
    left = list(range(len(runs)))
    while left:
        for number in list(left):
            ready, title = runs[number]
            signals.check()
            outcome = execute(ready, title, sweep)
            if outcome.status == "busy" and not RunFolder(ready, title, sweep).is_of_this_sweep():
                continue
            left.remove(number)
            if outcome.status not in ("already done", "busy"):
                say(f"{place(runs, number)}: {words(outcome)}")
                yield outcome
        if left:
            time.sleep(_POLL_SECONDS)
