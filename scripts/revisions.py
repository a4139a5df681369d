"""Two revisions of this repository timed side by side: is anything slower than it was?

    python scripts/revisions.py OLD [NEW] --dataset-root DIR

Each command runs as a whole process in a working tree of either revision, in turns, on the same
Python, PyTorch and data. OLD and NEW (default: HEAD) are what git takes for a commit. Prints a table in
Markdown.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.sampling import SECONDS, machine, markdown, measured, ratio_text, timed
from tqdm import tqdm

_REPOSITORY = Path(__file__).parents[1]
_RECORDS = Path("results", "cpu", "records")
_WARMUP = 1


def main() -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("old", metavar="OLD", help="a commit")
    parser.add_argument("new", metavar="NEW", nargs="?", default="HEAD", help="a commit; default: HEAD")
    parser.add_argument("--dataset-root", default="data", metavar="DIR", help="folder of MNIST")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        trees = {name: Path(place, name) for name in ("old", "new")}
        try:
            for name, tree in trees.items():
                _git("worktree", "add", "--quiet", "--detach", str(tree), getattr(asked, name))
            # The same records for both: what the older one has.
            shutil.copytree(trees["old"] / _RECORDS, Path(place, "results", "records"))
            print(
                _table(trees, Path(place, "results"), Path(asked.dataset_root).resolve(), asked.rounds)
            )
        except subprocess.CalledProcessError as error:
            print(f"revisions: {error.stderr.strip()}", file=sys.stderr)
            return 1
        finally:
            for tree in trees.values():
                shutil.rmtree(tree, ignore_errors=True)
            _git("worktree", "prune")
    return 0


def _table(trees: dict[str, Path], results: Path, data: Path, rounds: int) -> str:
    mnist = f"dataset=mnist dataset.root={data} dataset.download=false train.epochs=1 force=true"
    here = f"results_dir={results}/trainings device.threads=1"
    commands = {
        "isbe-bench --help": "--help",
        "isbe-bench plan=true": f"plan=true {here}",
        "an epoch of N0 on MNIST": f"{mnist} {here}",
        "ten epochs of N0 on digits": f"train.epochs=10 force=true {here}",
        "six tiny trainings": f"-m seed=range(0,6) arch=perceptron train.epochs=1 force=true {here}",
        "isbe-bench tables, of results/cpu": f"tables {results}",
    }
    rows = []
    for title, words in tqdm(commands.items(), unit="command", disable=None):
        subjects = {name: timed(_command(tree, words.split())) for name, tree in trees.items()}
        comparison = measured(subjects, _WARMUP, rounds)
        seconds = (f"{comparison.mean(SECONDS, name).mean:.2f}" for name in trees)
        rows.append((title, *seconds, ratio_text(comparison, "new", "old")))
    commits = {
        name: _git("-C", str(tree), "rev-parse", "--short", "HEAD") for name, tree in trees.items()
    }
    note = (
        f"old: {commits['old']}, new: {commits['new']}; {machine()}. Whole processes, {rounds} rounds "
        f"in turns after {_WARMUP} of warm-up, 95% Student intervals over rounds."
    )
    return markdown("Old and new", ("command", "old, s", "new, s", "new over old"), rows, note)


def _command(tree: Path, words: Sequence[str]) -> Callable[[], None]:
    # The folder that Python stands in comes before what is installed.
    command = [sys.executable, "-m", "isbe_bench", *words]
    environment = os.environ | {"PYTHONPATH": str(tree)}

    def once() -> None:
        subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=True)

    return once


def _git(*words: str) -> str:
    command = ["git", "-C", str(_REPOSITORY), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
