"""The command line of the scripts that turn records into tables and figures."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from isbe_bench.collection import Collection, collect


def main(what: str, write: Callable[[Collection, Path], list[Path]]) -> int:
    """Write `<results_dir>/<what>/` from the runs in `<results_dir>/runs/`; returns the exit code."""
    parser = argparse.ArgumentParser(description=f"Write {what} from the records of finished runs.")
    parser.add_argument("--results-dir", type=Path, default=Path("results"), metavar="DIR")
    results_dir = parser.parse_args().results_dir
    collection = collect(results_dir)
    for problem in collection.problems:
        print(problem, file=sys.stderr)
    if collection.empty:
        print(
            f"--results-dir={results_dir}: has no finished run in {results_dir / 'runs'}; "
            "make some with isbe-bench (as `make run` does)",
            file=sys.stderr,
        )
        return 1
    written = write(collection, results_dir / what)
    for path in written:
        print(path)
    if not written:
        print(f"these runs give no {what}")
    return 0
