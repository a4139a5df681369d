"""Where a results folder is written: nothing is written through a link, which may lead out of it."""

from pathlib import Path

from isbe_bench.errors import InputError
from isbe_bench.runs.lock import LOCKS


def check_run(results: Path, slug: str) -> None:
    """Check the places that a run writes to; InputError if one of them is a link."""
    check(results, "runs", f"runs/{slug}", "sweeps", LOCKS, f"{LOCKS}/{slug}.lock")


def check(results: Path, *names: str) -> None:
    """Check places below a results folder, which need not exist; InputError if one of them is a link."""
    for name in names:
        if (results / name).is_symlink():
            raise InputError(
                f"results_dir={results}: {name} is a link, through which nothing is written; allowed is "
                "a results folder without links"
            )
