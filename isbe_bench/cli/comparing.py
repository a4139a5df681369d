"""`isbe-bench compare A B`: the differences between two results folders, of which nothing is changed."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from isbe_bench.errors import InputError


def main(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    """Compare two folders; returns the exit code.

    Raises
    ------
    InputError
        A folder does not exist or holds no results, both share nothing, or the CSV file cannot be
        written.
    """
    for name in "AB":
        parser.add_argument(name, type=Path, help="a folder with runs/ or records/")
    parser.add_argument("--csv", metavar="FILE", type=Path, help="write a row per difference as well")
    parsed = parser.parse_args(arguments)
    if parsed.csv and (parsed.csv.is_dir() or not parsed.csv.parent.is_dir()):
        raise InputError(f"--csv={parsed.csv}: allowed is a file in a folder that exists")
    return _compare({"A": parsed.A, "B": parsed.B}, parsed.csv)


def _compare(paths: dict[str, Path], csv: Path | None) -> int:
    from isbe_bench.analysis import collection, comparing  # slow to import
    from isbe_bench.publication.comparing.markdown import in_words, markdown
    from isbe_bench.publication.comparing.rows import rows
    from isbe_bench.runs.files import write_atomically

    folders = {name: collection.require(path, name) for name, path in paths.items()}
    for name, folder in folders.items():
        for problem in folder.problems:
            print(f"{name}={paths[name]}: {problem}", file=sys.stderr)
    compared = comparing.compare(folders["A"], folders["B"])
    if not compared.differences:
        has = [
            f"{name}={paths[name]} has {'; '.join(in_words(keys, 3)) or 'sample images'}"
            for name, keys in (("A", compared.only_a), ("B", compared.only_b))
        ]
        raise InputError(f"nothing was measured in both folders: {'. '.join(has)}")
    if csv:
        try:
            write_atomically(csv, rows(compared.differences).to_csv(index=False))
        except OSError as error:
            raise InputError(f"--csv={csv}: cannot be written to ({error})") from error
    text = markdown(compared, [(str(paths[name]), folder) for name, folder in folders.items()])
    print(text)
    return 0
