"""Runs of one task as frames, and the checks shared by run folders and records."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from isbe_bench.analysis.reading.readers import Reader
from isbe_bench.runs import schema
from isbe_bench.runs.manifest import Difference
from isbe_bench.settings import identity
from isbe_bench.settings.words import shown

PLACE = {"dataset": "dataset.name", "net": "arch.name", "mode": "loss.name"}
"""Columns that place a run in a table, each with the setting that it is taken from."""


_KEY = re.compile(r"[A-Za-z_]\w*(\..+)?")
_NAME = re.compile(r"[A-Za-z][\w@:.-]*")
_DEVICE = re.compile(r"[\w(]")
"""A spreadsheet takes a text that begins with another sign for a formula."""
_GROUPS = ("allocator", "packages")
"""Parts of the environment that are groups."""


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
    """Whether a run's name begins with its task, and ends in the hash of its recorded settings."""
    task, digest = settings.get("task"), identity.digest(settings)
    return run.startswith(f"{task}-") and run.endswith(f"-{digest}")


def same_run(run: str) -> str:
    """What the names of a run and of its copies, all of which fit their settings, have in common."""
    return run.rpartition("-")[2]


def check_values(settings: Mapping[str, Any], environment: Mapping[str, Any]) -> None:
    """Check what tables show or group by; ValueError for a value that no run has.

    `environment` has keys without prefix.
    """
    for key in settings:
        if not (_KEY.fullmatch(key) and key.isprintable()):
            raise ValueError(f"{shown(key)} is no setting")
    for key in PLACE.values():
        if key in settings and not _NAME.fullmatch(str(settings[key])):
            raise ValueError(f"{key} holds {shown(settings[key])}: allowed is a name")
    for key, value in environment.items():
        if key not in _GROUPS and isinstance(value, (dict, list)):
            raise ValueError(f"its environment's {key} holds {shown(value)}: allowed is one value")
    device = str(environment.get("device", "unknown"))
    if not (_DEVICE.match(device) and device.isprintable()):
        raise ValueError(f"its environment's device holds {shown(environment['device'])}")


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
