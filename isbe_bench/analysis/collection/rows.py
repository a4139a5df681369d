"""What every task's row holds of a run's configuration and environment."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from isbe_bench.settings.identity import NOT_IDENTITY, digest, flatten

SECTIONS = ("arch", "dataset", "loss", "optimizer", "device", "train", "timing", "head", "theory")
"""Of a configuration: what belongs to a run, not to where it is kept."""

CODE = ("environment.isbe_bench", "environment.git_revision", "environment.git_dirty")
"""Of a row: which program ran."""


def settings_of(config: Any) -> dict[str, Any]:
    """The flattened configuration, without what does not tell a run from another."""
    return {key: value for key, value in flatten(config).items() if key not in NOT_IDENTITY}


def environment_of(environment: Any) -> dict[str, Any]:
    """The environment, with the prefix that keeps it apart from the configuration."""
    return {f"environment.{key}": value for key, value in environment.items()}


def is_named_right(row: dict[str, Any]) -> bool:
    """Whether a row has the very configuration that its run is named by."""
    own = {
        key: value
        for key, value in row.items()
        if key in ("task", "seed") or ("." in key and key.split(".")[0] in SECTIONS)
    }
    return str(row["run"]).endswith(digest(own))


def read_json(path: Path) -> Any:
    """ValueError, with the file's name, where it cannot be read."""
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path.name} cannot be read ({error})") from error


def read_csv(path: Path, columns: Sequence[str], **options: Any) -> pd.DataFrame:
    """ValueError, with the file's name, where it cannot be read or lacks one of the columns.

    `options` are those of `pandas.read_csv`.
    """
    try:
        frame: pd.DataFrame = pd.read_csv(path, **options)
    except ValueError as error:
        raise ValueError(f"{path.name} cannot be read ({error})") from error
    if missing := [column for column in columns if column not in frame]:
        raise ValueError(f"{path.name} has no column {', '.join(missing)}")
    return frame


def flaws(
    rows: list[dict[str, Any]],
    details: pd.DataFrame,
    check: Callable[[dict[str, Any], pd.DataFrame], None],
) -> dict[str, str]:
    """By run, what `check` raises of its row and its details: KeyError, ValueError or TypeError."""
    by_run = dict(iter(details.groupby("run")))
    found = {}
    for row in rows:
        if row["run"] not in by_run:
            found[row["run"]] = "nothing of what it measured is there"
            continue
        try:
            check(row, by_run[row["run"]])
        except KeyError as error:
            found[row["run"]] = f"it has no {error}"
        except TypeError as error:
            found[row["run"]] = f"it has values of a wrong kind ({error})"
        except ValueError as error:
            found[row["run"]] = str(error)
    return found


def retyped(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with numbers as such: one text in a column makes texts of all that are read with it."""
    texts = frame.drop(columns="run").select_dtypes(exclude="number")
    numbers = texts.apply(pd.to_numeric, errors="coerce")
    whole = (numbers.notna() == texts.notna()).all()
    return frame.assign(**{str(column): numbers[column] for column in whole.index[whole]})


def numeric(frame: pd.DataFrame) -> pd.DataFrame:
    """The same in numbers; NaN for what is none."""
    numbers: pd.DataFrame = frame.apply(pd.to_numeric, errors="coerce")
    return numbers.astype(float)
