"""What words on the folder of one run share: their arguments, and PyTorch as the run had it."""

import argparse
import os
import sys
from pathlib import Path

from isbe_bench.cli import runs
from isbe_bench.literal import plain
from isbe_bench.measuring import allocator
from isbe_bench.runs.recorded import RecordedRun
from isbe_bench.settings import search_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the run's folder, and where own parts and data lie."""
    parser.add_argument("run_folder", metavar="RUN_FOLDER", type=Path, help="such as results/runs/RUN")
    parser.add_argument("--config-dir", metavar="DIR", type=Path, help="where your own parts are")
    parser.add_argument(
        "--data", metavar="DIR", type=Path, help="dataset.root, if the data lie elsewhere now"
    )


def prepare(run: RecordedRun, config_dir: Path | None, doing: str) -> None:
    """Find own parts, and import PyTorch with as many threads as the run had; `doing` is said.

    Raises
    ------
    InputError
        `config_dir` is no folder of settings, or PyTorch cannot be loaded.
    """
    if config_dir is not None:
        search_path.add(config_dir)
    print(f"isbe-bench: {plain(doing)}; loading PyTorch ...", file=sys.stderr, flush=True)
    allocator.settle()
    if "OMP_NUM_THREADS" not in os.environ and isinstance(run.environment.get("threads"), int):
        os.environ["OMP_NUM_THREADS"] = str(run.environment["threads"])  # which bits depend on
    runs.import_pytorch()
