"""`isbe-bench compare A B`: the differences between two results folders, of which nothing is changed."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from isbe_bench.errors import InputError
from isbe_bench.literal import plain

if TYPE_CHECKING:
    from isbe_bench.analysis.comparing.difference import Difference


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
    add_csv(parser)
    parsed = parser.parse_args(arguments)
    check_csv(parsed.csv)
    return _compare({"A": parsed.A, "B": parsed.B}, parsed.csv)


def add_csv(parser: argparse.ArgumentParser) -> None:
    """Add the option `--csv`."""
    parser.add_argument("--csv", metavar="FILE", type=Path, help="write a row per difference as well")


def check_csv(path: Path | None) -> None:
    """Check the value of `--csv`; InputError if no file can be there."""
    check_file("--csv", path)


def check_file(option: str, path: Path | None) -> None:
    """Check the value of an option that names a file to write; InputError if none can be there."""
    if path and (path.is_dir() or not path.parent.is_dir()):
        raise InputError(f"{option}={path}: allowed is a file in a folder that exists")


def write_csv(path: Path | None, differences: "Iterable[Difference]") -> None:
    """Write a row per difference, if `--csv` asks for it; InputError if that fails."""
    from isbe_bench.publication.comparing.rows import rows
    from isbe_bench.runs.files import write_atomically

    if path is None:
        return
    try:
        write_atomically(path, rows(differences).to_csv(index=False))
    except OSError as error:
        raise InputError(f"--csv={path}: cannot be written to ({error})") from error


def _compare(paths: dict[str, Path], csv: Path | None) -> int:
    from isbe_bench.analysis import collection, comparing  # slow to import
    from isbe_bench.publication.comparing.markdown import in_words, markdown

    folders = {name: collection.require(path, name) for name, path in paths.items()}
    for name, folder in folders.items():
        for problem in folder.problems:
            print(f"{name}={plain(str(paths[name]))}: {problem}", file=sys.stderr)
    compared = comparing.compare(folders["A"], folders["B"])
    if not compared.differences:
        has = [
            f"{name}={paths[name]} has {'; '.join(in_words(keys, 3)) or 'sample images'}"
            for name, keys in (("A", compared.only_a), ("B", compared.only_b))
        ]
        raise InputError(f"nothing was measured in both folders: {'. '.join(has)}")
    write_csv(csv, compared.differences)
    print(markdown(compared, [(str(paths[name]), folder) for name, folder in folders.items()]))
    return 0
