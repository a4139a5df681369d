"""Runs of one task as frames, and the checks shared by run folders and records."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from isbe_bench.analysis.reading.readers import Reader
from isbe_bench.runs import schema
from isbe_bench.runs.manifest import Difference
from isbe_bench.settings import identity

PLACE = {"dataset": "dataset.name", "net": "arch.name", "mode": "loss.name"}
"""Columns that place a run in a table, each with the setting that it is taken from."""


@dataclasses.dataclass(frozen=True)
class Runs:
    """Runs of one task.

    Attributes
    ----------
    rows
        One row per run, with cells of any type; NaN where a run does not have a setting.
    details
        The recorded rows: a frame for each file of `Reader.details`, each with the column `run`.
    """

    rows: pd.DataFrame
    details: list[pd.DataFrame]

    @classmethod
    def none(cls, reader: Reader) -> "Runs":
        """No runs, and details without rows."""
        details = [
            pd.DataFrame(columns=["run", *schema.columns(row)]) for row in reader.details.values()
        ]
        return cls(pd.DataFrame(columns=["run"], dtype=object), details)

    def without(self, names: Iterable[str]) -> "Runs":
        """Without the runs of these names, and without details of runs that are not in `rows`."""
        rows = self.rows[~self.rows["run"].isin(set(names))]
        details = [frame[frame["run"].isin(rows["run"])] for frame in self.details]
        return Runs(rows.reset_index(drop=True), details)


def table(
    names: list[str],
    summary: pd.DataFrame,
    settings: list[dict[str, Any]],
    environment: pd.DataFrame,
) -> pd.DataFrame:
    """One row per run: name, place in a table, summary, settings in current keys, environment."""
    today = [identity.current(each) for each in settings]
    flat = pd.DataFrame(today, index=summary.index, dtype=object)
    place = {name: flat[key] for name, key in PLACE.items() if key in flat}
    lead = pd.DataFrame({**place, "seed": flat.reindex(columns=["seed"])["seed"]}, index=summary.index)
    parts = [lead, summary, flat.drop(columns="seed", errors="ignore"), environment]
    rows = pd.concat(parts, axis=1).astype(object)
    rows.insert(0, "run", names)
    return rows.reset_index(drop=True)


def fits_name(run: str, settings: Mapping[str, Any]) -> bool:
    """Whether a run's name ends in the hash of its recorded settings."""
    return run.endswith(identity.digest(settings))


def check_manifest(differences: Mapping[str, Difference], used: Iterable[str], writer: str) -> None:
    """Raise ValueError if a file in use differs from the manifest; `writer` is named in the message."""
    if wrong := sorted(differences.keys() & set(used)):
        words: dict[Difference, str] = {
            "changed": f"was changed after {writer} wrote it",
            "missing": "is missing",
            "extra": f"was added after {writer} wrote the others",
        }
        raise ValueError(f"{wrong[0]} {words[differences[wrong[0]]]}")


def valid(frame: pd.DataFrame, row: type, file: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """The rows of valid runs, and the reason to reject each other run.

    A run is valid if all of its rows have the types and ranges that `row` declares. `frame` has the
    columns of `row` and `run`, and an index without duplicates.
    """
    reasons: dict[str, str] = {}
    while True:  # a text among numbers may hide further errors
        try:
            return schema.validate(frame, row, file), reasons
        except schema.RowsError as error:
            names = frame["run"].loc[list(error.reasons)]
            for run, reason in zip(names, error.reasons.values(), strict=True):
                reasons.setdefault(run, reason)
            frame = frame[~frame["run"].isin(reasons)]


def complete(runs: Runs, reader: Reader, file: str) -> tuple[Runs, dict[str, str]]:
    """The runs whose rows and details are complete, and the reason to reject each other run.

    `file` names the source of the rows in messages.
    """
    rows, reasons = valid(runs.rows, reader.row, file)
    runs = Runs(rows, runs.details).without(reasons)
    incomplete = reader.incomplete(runs.rows, runs.details)
    return runs.without(incomplete), reasons | incomplete
