"""`make bench`: every ratio that docs/performance.md claims, measured side by side on this machine.

Prints a table in Markdown for each part: steps (of nets, beside their floor), epochs (beside a bare loop
and DataLoader loops), heads (beside a copy of the scores), sweeps (what a run costs beyond its epochs),
commands (how long they take to start) and publishing (of tables and reports).
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import commands, epochs, heads, publishing, steps, sweeps
from benchmarks.sampling import device, machine

from isbe_bench.errors import InputError
from isbe_bench.measuring import allocator

_RECORDS = Path(__file__).parents[1] / "results" / "cpu" / "records"


def main() -> int:
    """Print the tables; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument(
        "--dataset-root", default="data", metavar="DIR", help="folder of MNIST, or where to download it"
    )
    parser.add_argument(
        "--quick", action="store_true", help="two rounds of everything: to try, not to cite"
    )
    asked = parser.parse_args()
    if unknown := [part for part in asked.parts if part not in PARTS]:
        parser.error(f"{unknown[0]}: allowed are {', '.join(PARTS)}")
    allocator.settle()
    print(f"{machine()}\n", flush=True)
    try:
        for part in asked.parts or PARTS:
            print(PARTS[part](asked.dataset_root, asked.quick), flush=True)
    except InputError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _epochs(root: str, quick: bool) -> str:
    with tempfile.TemporaryDirectory() as results:
        return epochs.measure(root, 2 if quick else 8, Path(results))


def _commands(root: str, quick: bool) -> str:
    with tempfile.TemporaryDirectory() as results:  # where commands may write
        shutil.copytree(_RECORDS, Path(results, "records"))
        return commands.measure(Path(results), 2 if quick else 5)


def _sweeps(root: str, quick: bool) -> str:
    return sweeps.measure(24, 3, 1) if quick else sweeps.measure(1_000, 100, 3)


PARTS: dict[str, Callable[[str, bool], str]] = {
    "steps": lambda root, quick: steps.measure(device(), 2 if quick else 12),
    "heads": lambda root, quick: heads.measure(device(), 2 if quick else 30),
    "epochs": _epochs,
    "sweeps": _sweeps,
    "commands": _commands,
    "publishing": lambda root, quick: publishing.measure([100] if quick else [100, 10_000]),
}
"""Each from the folder of MNIST, and whether a trial is enough, to a table."""


if __name__ == "__main__":
    sys.exit(main())
