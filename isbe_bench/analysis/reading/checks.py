"""Runs of one task in frames, and the checks that they pass wherever they were read from."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from isbe_bench.analysis.reading.readers import Reader
from isbe_bench.runs import schema
from isbe_bench.runs.manifest import Difference
from isbe_bench.settings import identity

PLACE = {"dataset": "dataset.name", "net": "arch.name", "mode": "loss.name"}
"""Where a run stands in a table, where its settings say so."""


@dataclasses.dataclass(frozen=True)
class Runs:
    """Runs of one task.

    Attributes
    ----------
    rows
        A row a run, in cells of any type; a cell is NaN where a run has no such setting.
    details
        What the runs recorded, a frame for each of `Reader.details`, each with the column `run`.
    """

    rows: pd.DataFrame
    details: list[pd.DataFrame]

    @classmethod
    def none(cls, reader: Reader) -> "Runs":
        """No run, and details without rows."""
        details = [
            pd.DataFrame(columns=["run", *schema.columns(row)]) for row in reader.details.values()
        ]
        return cls(pd.DataFrame(columns=["run"], dtype=object), details)

    def without(self, names: Iterable[str]) -> "Runs":
        """All but the runs of these names; details of runs that are not in `rows` go as well."""
        rows = self.rows[~self.rows["run"].isin(set(names))]
        details = [frame[frame["run"].isin(rows["run"])] for frame in self.details]
        return Runs(rows.reset_index(drop=True), details)


def table(
    names: list[str],
    summary: pd.DataFrame,
    settings: list[dict[str, Any]],
    environment: pd.DataFrame,
) -> pd.DataFrame:
    """The rows of runs: name, place, what they come down to, settings of today, environment."""
    today = [identity.current(each) for each in settings]
    flat = pd.DataFrame(today, index=summary.index, dtype=object)
    place = {name: flat[key] for name, key in PLACE.items() if key in flat}
    lead = pd.DataFrame({**place, "seed": flat.reindex(columns=["seed"])["seed"]}, index=summary.index)
    parts = [lead, summary, flat.drop(columns="seed", errors="ignore"), environment]
    rows = pd.concat(parts, axis=1).astype(object)
    rows.insert(0, "run", names)
    return rows.reset_index(drop=True)


def fits_name(run: str, settings: Mapping[str, Any]) -> bool:
    """Whether a run's name ends in the hash of these settings, as they were recorded."""
    return run.endswith(identity.digest(settings))


def check_manifest(differences: Mapping[str, Difference], used: Iterable[str], writer: str) -> None:
    """ValueError unless all files in use are as the manifest says, and as `writer` wrote them."""
    if wrong := sorted(differences.keys() & set(used)):
        words: dict[Difference, str] = {
            "changed": f"was changed after {writer} wrote it",
            "missing": "is missing",
            "extra": f"was added after {writer} wrote the others",
        }
        raise ValueError(f"{wrong[0]} {words[differences[wrong[0]]]}")


def valid(frame: pd.DataFrame, row: type, file: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """The rows of runs all of whose rows are as `row` declares; by each other run: what is wrong.

    `frame` has the columns of `row` and `run`, and an index without duplicates.
    """
    reasons: dict[str, str] = {}
    while True:  # behind a text among numbers may be more
        try:
            return schema.validate(frame, row, file), reasons
        except schema.RowsError as error:
            names = frame["run"].loc[list(error.reasons)]
            for run, reason in zip(names, error.reasons.values(), strict=True):
                reasons.setdefault(run, reason)
            frame = frame[~frame["run"].isin(reasons)]


def complete(runs: Runs, reader: Reader, file: str) -> tuple[Runs, dict[str, str]]:
    """The runs whose rows and details are those of finished runs; by each other one: what is wrong.

    `file` is where the rows come from, for messages.
    """
    rows, reasons = valid(runs.rows, reader.row, file)
    runs = Runs(rows, runs.details).without(reasons)
    incomplete = reader.incomplete(runs.rows, runs.details)
    return runs.without(incomplete), reasons | incomplete
