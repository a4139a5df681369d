"""Tables from records: tau (the paper's Tables 1 and 2), alpha (3 and 4), and those that it lacks."""

from pathlib import Path

from isbe_bench.analysis.collection import Collection
from isbe_bench.publication.tables import alpha, head, pairs, rendering, tau, totals
from isbe_bench.publication.tables.rendering import Table

_MAKERS = (tau.make, totals.make, alpha.make, pairs.make, head.make)


def make(collection: Collection) -> list[Table]:
    """Every table, in the paper's order, those that it lacks between them; some may be empty."""
    return [table for make in _MAKERS for table in make(collection)]


def write(collection: Collection, folder: Path) -> list[Path]:
    """Write every table that has a row as CSV, Markdown and LaTeX; remove those that have none."""
    folder.mkdir(parents=True, exist_ok=True)
    return [path for table in make(collection) for path in rendering.write(table, folder)]
