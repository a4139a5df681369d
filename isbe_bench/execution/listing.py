"""The list of a command's runs, `sweeps/<hash>.json`, in each results folder that they go to.

When it is written, what killed processes left behind there is removed.
"""

from collections.abc import Sequence
from pathlib import Path

from isbe_bench.errors import InputError
from isbe_bench.execution.lines import Titled
from isbe_bench.runs import files, sweeps
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.lock import LOCKS


def write(runs: Sequence[Titled], command: str, job: str = "") -> None:
    """Write the lists; `command` and `job` are as in `Sweep`.

    Raises
    ------
    InputError
        A results folder that cannot be written to.
    """
    for results in dict.fromkeys(ready.results_dir for ready, _ in runs):
        try:
            sweeps.write(Path(results).expanduser(), command, _listed(runs, results), job)
            if (locks := Path(results).expanduser() / LOCKS).exists():
                files.remove_abandoned(locks)
            for ready in (ready for ready, _ in runs if ready.results_dir == results):
                RunFolder(ready).tidy()
        except OSError as error:
            raise InputError(f"results_dir={results}: cannot be written to ({error})") from error


def path(runs: Sequence[Titled]) -> Path:
    """The file in the results folder of the first run."""
    results = runs[0][0].results_dir
    return sweeps.path(Path(results).expanduser().absolute(), _listed(runs, results))


def _listed(runs: Sequence[Titled], results: str) -> dict[str, str]:
    return {ready.slug: title for ready, title in runs if ready.results_dir == results}
