"""Tables: the paper's Tables 1 to 4, and tables that it lacks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from isbe_bench.analysis import Analysis
from isbe_bench.publication import table
from isbe_bench.publication.claim import Claim
from isbe_bench.publication.table import Table
from isbe_bench.publication.tables import (
    alternatives,
    classes,
    classifiers,
    descent,
    head,
    oracle,
    others,
    pairs,
    paper,
    power,
    readings,
    step_sizes,
    stopping,
    totals,
    tune,
)


def make(analysis: Analysis, claims: Sequence[Claim] = ()) -> list[Table]:
    """Every table, in the paper's order; some may be empty. The claims are for the table `power`."""
    tau, delta_tau, *accuracies = paper.make(analysis)
    return [
        tau,
        delta_tau,
        *totals.make(analysis),
        *step_sizes.make(analysis),
        *accuracies,
        *pairs.make(analysis),
        *power.make(analysis, claims),
        *readings.make(analysis),
        *classes.make(analysis),
        *classifiers.make(analysis),
        *alternatives.make(analysis),
        *tune.make(analysis),
        *descent.make(analysis),
        *stopping.make(analysis),
        *head.make(analysis),
        *oracle.make(analysis),
        *others.make(analysis),
    ]


def write(tables: Iterable[Table], folder: Path) -> list[Path]:
    """Write every table as CSV, Markdown and LaTeX; remove the files of empty tables."""
    folder.mkdir(parents=True, exist_ok=True)
    return [path for each in tables for path in table.write(each, folder)]
