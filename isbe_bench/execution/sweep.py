"""Many runs, one after another: skip what is done, go on past what fails, say what happened."""

import signal
import sys
from collections.abc import Sequence
from types import FrameType

import pandas as pd
from tqdm import tqdm

from isbe_bench.execution.run import Outcome, execute
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings.config import Config
from isbe_bench.tasks import preparation


def run_all(requested: Sequence[Config]) -> int:
    """Run configurations in order; returns the exit code, 0 only if every run is done.

    All are checked before the first one starts. Runs that another process is at are left to it and
    looked at again at the end. An interrupt ends the current run as `interrupted` and starts no other.

    Raises
    ------
    InputError
        A configuration that cannot run here; nothing has been run then.
    """
    configs = [preparation.prepare(config) for config in requested]
    signal.signal(signal.SIGTERM, _interrupt)
    outcomes: list[Outcome] = []
    busy: list[Config] = []
    try:
        for number, config in enumerate(configs, start=1):
            outcome = execute(config)
            _say(f"[{number}/{len(configs)}] {_line(outcome)}")
            if outcome.status == "busy":
                busy.append(config)
                continue
            outcomes.append(outcome)
            if outcome.status == "interrupted":
                break
        else:
            outcomes += [_wait(config) for config in busy]
    except KeyboardInterrupt:  # between two runs, or while waiting for another process
        _say("interrupted")
    if len(configs) > 1:
        _say(_table(configs, outcomes))
    done = [outcome for outcome in outcomes if outcome.status in ("done", "already done")]
    return 0 if len(done) == len(configs) else 1


def _wait(config: Config) -> Outcome:
    """Wait for the process that is at a run, then take its result, or the work that it left."""
    _say(f"waiting for another process to finish {config.title}")
    with RunFolder(config).lock():
        pass
    return execute(config)


def _line(outcome: Outcome) -> str:
    seconds = f" in {outcome.seconds:.1f} s" if outcome.seconds else ""
    note = f", {outcome.note}" if outcome.note else ""
    return f"{outcome.config.title}: {outcome.status}{seconds}{note}"


def _table(configs: Sequence[Config], outcomes: Sequence[Outcome]) -> str:
    """What became of each run, and how many ended how."""
    ended = {outcome.config: outcome for outcome in outcomes}
    rows = []
    for config in configs:
        outcome = ended.get(config, Outcome(config, "not run"))
        seconds = f"{outcome.seconds:.1f}" if outcome.seconds else ""
        rows.append((config.slug, outcome.status, seconds, outcome.note))
    frame = pd.DataFrame(rows, columns=["run", "status", "seconds", "note"])
    counts = ", ".join(f"{count} {status}" for status, count in frame["status"].value_counts().items())
    table = frame.to_markdown(index=False, disable_numparse=True)
    return f"\n{table}\n\n{len(configs)} runs: {counts}; results in {configs[0].results_dir}/runs"


def _say(text: str) -> None:
    tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    """A polite kill ends a run as Ctrl-C does."""
    raise KeyboardInterrupt
