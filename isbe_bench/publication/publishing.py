"""Publishes a results folder: reads its runs once, and writes tables, figures, report and records."""

import functools
from pathlib import Path

from isbe_bench.analysis import Analysis, collection
from isbe_bench.analysis.collection import Collection
from isbe_bench.analysis.origin import facts
from isbe_bench.publication import claims, figures, report, tables
from isbe_bench.publication.claim import Claim
from isbe_bench.publication.claims import images
from isbe_bench.publication.figures import Drawing, parallel
from isbe_bench.publication.report import Content, Picture, answers, own
from isbe_bench.publication.table import Table


class Publication:
    """Tables, figures, report and records of a results folder; each part is made on first use.

    Parameters
    ----------
    results_dir
        A folder with `runs/` or `records/`.

    Attributes
    ----------
    collection
        The runs of the folder.

    Raises
    ------
    InputError
        The folder does not exist, or holds no finished run.
    """

    def __init__(self, results_dir: Path) -> None:
        self.results_dir = results_dir
        self.collection: Collection = collection.require(results_dir)
        self._analysis = Analysis(self.collection)
        self._drawings: list[Drawing] | None = None

    @functools.cached_property
    def claims(self) -> list[Claim]:
        """The papers' claims, each with its verdict."""
        return claims.make(self._analysis)

    def write_tables(self) -> list[Path]:
        """Write `tables/*.csv`, `.md` and `.tex`."""
        return tables.write(self._tables, self.results_dir / "tables")

    def write_figures(self) -> list[Path]:
        """Write `figures/*.png` and `.svg`."""
        return figures.write(self._draw(), self.results_dir / "figures")

    def write_report(self) -> list[Path]:
        """Write `report.html` and `report.md`."""
        content = Content(
            own=own.make(self._analysis),
            claims=self.claims,
            images=list(images.make(self._analysis)),
            tables=[table for table in self._tables if not table.numbers.empty],
            pictures=[Picture(each.name, each.svg, each.chart) for each in self._draw()],
            explanations=[
                *answers.of_step_sizes(self._analysis.step_sizes, self._analysis.timings),
                *answers.of_machines(self._analysis.timings),
            ],
            machines=self._machines(),
            problems=self.collection.problems,
        )
        return report.write(content, self.results_dir)

    def write_records(self) -> list[Path]:
        """Write `records/`: all finished runs as tidy CSV files, which can be read back."""
        return collection.write(self.collection, self.results_dir / "records")

    def write_all(self) -> list[Path]:
        """Write tables, figures and the report."""
        with parallel.drawing(self._analysis) as finish:
            written = self.write_tables()
            self._drawings = finish()
        return [*written, *self.write_figures(), *self.write_report()]

    @functools.cached_property
    def _tables(self) -> list[Table]:
        return tables.make(self._analysis, self.claims)

    def _draw(self) -> list[Drawing]:
        """All figures; each is drawn once."""
        if self._drawings is None:
            with parallel.drawing(self._analysis) as finish:
                self._drawings = finish()
        return self._drawings

    def _machines(self) -> list[str]:
        """A line for each task: hardware, versions and number of runs."""
        frames = {
            "Trainings": self.collection.runs,
            "Times": self.collection.timing.runs,
            "Loss heads": self.collection.head.runs,
            "Theory": self.collection.theory.runs,
            "Gradients by hand": self.collection.measurements["oracle"].runs,
        }
        frames |= {
            f"task={group.task}": self.collection.measurements[group.task].runs
            for group in self._analysis.others
        }
        return [f"{name}: {facts(runs)}" for name, runs in frames.items() if not runs.empty]
