"""Where the numbers of a benchmark come from."""

from pathlib import Path

from isbe_bench.runs import reading


def words(results: Path) -> str:
    """Hardware and versions, as a run in these results recorded them."""
    recorded = reading.json_file(next(results.glob("runs/*/environment.json")))
    versions = ", ".join(f"{name} {recorded[name]}" for name in ("isbe_bench", "python", "torch"))
    return f"{recorded['cpu']}, {recorded['cpu_count']} cores, {recorded['platform']}, {versions}"
