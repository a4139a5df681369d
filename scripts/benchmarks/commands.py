"""How long commands take before they do anything: in fresh processes, beside Python's and PyTorch's."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.sampling import SECONDS, markdown, measured, timed

_WARMUP = 1
_BARE, _TORCH = 'python -c ""', 'python -c "import torch"'


def measure(results: Path, rounds: int) -> str:
    """A table of seconds and ratios as Markdown; `results` is a folder with records, to write into."""
    place = f"results_dir='{results}'"
    _run(["-m", "isbe_bench", "train.epochs=1", place])()  # a run for `status`
    ours = {
        "isbe-bench --help": ["--help"],
        "isbe-bench status": ["status", str(results)],
        "isbe-bench compare A A": ["compare", str(results), str(results)],
        "isbe-bench tables": ["tables", str(results)],
        "isbe-bench plan=true": ["plan=true", place],
        "isbe-bench -m seed=range(0,100) plan=true": [
            "-m",
            "seed=range(0,100)",
            "plan=true",
            place,
        ],
    }
    commands = {_BARE: ["-c", ""], _TORCH: ["-c", "import torch"]}
    commands |= {name: ["-m", "isbe_bench", *arguments] for name, arguments in ours.items()}
    subjects = {name: timed(_run(arguments)) for name, arguments in commands.items()}
    comparison = measured(subjects, _WARMUP, rounds)
    rows = []
    for name in commands:
        seconds, over = comparison.mean(SECONDS, name), comparison.ratio(SECONDS, name, _TORCH)
        rows.append((f"`{name}`", f"{seconds.mean:.2f} ± {seconds.half_width:.2f}", f"{over.mean:.2f}"))
    note = f"{rounds} rounds after {_WARMUP} of warm-up, 95% Student intervals. plan=true starts no run."
    return markdown("Commands", ("command", SECONDS, f"over `{_TORCH}`"), rows, note)


def _run(arguments: list[str]) -> Callable[[], None]:
    def once() -> None:
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(arguments)}: {done.stderr or done.stdout}")

    return once
