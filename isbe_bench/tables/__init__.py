"""Tables from records: tau (the paper's Tables 1 and 2, and more), alpha (3 and 4), the loss head."""

from pathlib import Path

from isbe_bench.collection import Collection
from isbe_bench.tables import alpha, head, rendering, tau, totals

_MAKERS = (tau.make, totals.make, alpha.make, head.make)


def write(collection: Collection, folder: Path) -> list[Path]:
    """Write every table that has a row as CSV, Markdown and LaTeX; remove those that have none."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for make in _MAKERS:
        for table in make(collection):
            written += rendering.write(table, folder)
    return written
