"""The command line of the scripts that turn records into tables, figures and the report."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from isbe_bench.analysis.collection import Collection, collect
from isbe_bench.errors import InputError


def main(what: str, write: Callable[[Collection, Path], list[Path]], into: str) -> int:
    """Write tables, figures or whatever from what `collect` finds below `--results-dir`.

    Parameters
    ----------
    what
        What is written, for messages.
    write
        Writes it into a folder, and returns the files.
    into
        That folder, below `--results-dir`.

    Returns
    -------
    int
        The exit code.
    """
    parser = argparse.ArgumentParser(description=f"Write {what} from the records of finished runs.")
    parser.add_argument("--results-dir", type=Path, default=Path("results"), metavar="DIR")
    results_dir = parser.parse_args().results_dir
    if not results_dir.is_dir():
        allowed = "allowed is a folder with runs/ or records/"
        print(f"--results-dir={results_dir}: {allowed}", file=sys.stderr)
        return 1
    try:
        return _publish(what, write, results_dir, into)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"--results-dir={results_dir}: cannot be written to ({error})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; each file that is there is whole", file=sys.stderr)
        return 130


def _publish(
    what: str, write: Callable[[Collection, Path], list[Path]], results_dir: Path, into: str
) -> int:
    collection = collect(results_dir)
    for problem in collection.problems:
        print(problem, file=sys.stderr)
    if collection.empty and collection.samples.empty:
        raise InputError(
            f"--results-dir={results_dir}: has no finished run in runs/ and none in records/; "
            "make some with isbe-bench (as `make run` does)"
        )
    written = write(collection, results_dir / into)
    for path in written:
        print(path)
    if not written:
        print(f"these runs give no {what}")
    return 0
