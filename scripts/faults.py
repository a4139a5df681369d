"""`make faults`: injects faults into real sweeps, and shows what became of them.

A row a kind of fault: runs lost (not done after the same command was given again without the fault),
files torn (not whole at some moment, or left behind), numbers changed (other than in an undisturbed
sweep), orphans (processes that live 2 s after their command ended). All have to be 0.
"""

import argparse
import concurrent.futures
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

import pandas as pd
from injection import origin, plan, storage
from injection.commands import stop
from injection.plan import Case
from injection.trial import FINDINGS, Tally

from isbe_bench import signals
from isbe_bench.progress import Progress, Work

_COLUMNS = ("faults injected", *FINDINGS)
_REFERENCE = "undisturbed"


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="processes to kill (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments (default: 0)")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose name contains it")
    parser.add_argument(
        "--at-once", type=int, default=os.cpu_count(), help="sweeps side by side (default: one a core)"
    )
    arguments = parser.parse_args()
    if arguments.kills < 1 or arguments.at_once < 1:
        parser.error("--kills and --at-once: allowed is an integer, 1 or more")
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    order = dict.fromkeys(case.title for case in plan.cases(arguments.kills, mounts=True))
    cases = [
        case
        for case in plan.cases(arguments.kills, storage.can_mount(folder / "mount"))
        if arguments.only in case.title
    ]
    random.Random(arguments.seed).shuffle(cases)  # those that wait run beside those that compute
    pool = concurrent.futures.ThreadPoolExecutor(arguments.at_once)
    notes: list[str] = []
    try:
        with signals.as_interrupts():
            tallies = _inject(pool, cases, folder, arguments.seed)
            found = origin.words(folder / f"{_REFERENCE}0" / "results")
        notes = [f"{title}: {note}" for title, tally in tallies.items() for note in tally.notes()]
    except KeyboardInterrupt:
        return signals.exit_code()
    finally:
        stop()
        pool.shutdown(cancel_futures=True)
        if not notes:
            shutil.rmtree(folder)
    print(_table({title: tallies[title] for title in order if title in tallies}))
    print(f"\n{found}; moments drawn from seed {arguments.seed}")
    if notes:
        print("\n".join(["", *notes, f"what is left of them is in {folder}"]), file=sys.stderr)
    return 1 if notes else 0


def _inject(pool: Executor, cases: Sequence[Case], folder: Path, seed: int) -> dict[str, Tally]:
    """Do all cases; what was found, by their titles."""
    sweeps = dict.fromkeys(case.sweep for case in cases)
    undisturbed = pool.map(
        plan.reference, sweeps, [folder / f"{_REFERENCE}{number}" for number in range(len(sweeps))]
    )
    references = dict(zip(sweeps, undisturbed, strict=True))

    def done(number: int) -> Tally:
        case, place = cases[number], folder / f"case{number}"
        trial = case.trial(references[case.sweep], place, f"{seed}-{number}")
        case.inject(trial)
        if not any(trial.tally.found()):
            shutil.rmtree(place)
        return trial.tally

    tallies: dict[str, Tally] = {}
    futures = {pool.submit(done, number): case for number, case in enumerate(cases)}
    with Progress(Work("faults", sum(case.faults for case in cases), "fault")) as progress:
        for future in concurrent.futures.as_completed(futures):
            case = futures[future]
            tallies.setdefault(case.title, Tally()).add(future.result())
            progress.advance(case.faults)
    return tallies


def _table(tallies: Mapping[str, Tally]) -> str:
    rows = [(title, tally.injected, *map(len, tally.found())) for title, tally in tallies.items()]
    frame = pd.DataFrame(rows, columns=["fault", *_COLUMNS])
    frame.loc[len(frame)] = ["all", *frame[list(_COLUMNS)].sum()]
    return str(frame.to_markdown(index=False))


if __name__ == "__main__":
    sys.exit(main())
