"""Runs of `task=theory`: read back from their folders, and checked, wherever they were read from."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isbe_bench.analysis.collection.rows import environment_of, numeric, read_csv, read_json, settings_of
from isbe_bench.analysis.collection.rows import flaws as flaws_of
from isbe_bench.runs.rows import THEORY, StatementCheck
from isbe_bench.theory.statements import STATEMENTS

_STATEMENTS = {(statement.name, statement.subject) for statement in STATEMENTS}
_NUMBERS = ["classes", "samples", "value", "bound", "holds"]


def read(folder: Path, config: Any) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    """The row of `Measurements.runs` and the rows of `theory.csv`, behind their `run`.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        A file that is missing, or cannot be read.
    """
    environment, status = (read_json(folder / f"{name}.json") for name in ("environment", "status"))
    checks = read_csv(folder / THEORY, [field.name for field in dataclasses.fields(StatementCheck)])
    row = {
        "run": folder.name,
        "device": environment["device"],
        "seed": config["seed"],
        "started": status["started"],
        **settings_of(config),
        **environment_of(environment),
    }
    checks.insert(0, "run", folder.name)
    return row, [checks]


def flaws(rows: list[dict[str, Any]], checks: pd.DataFrame) -> dict[str, str]:
    """By run, what no run leaves."""
    return flaws_of(rows, checks, lambda row, of_run: _check(of_run, row["theory.classes"]))


def _check(checks: pd.DataFrame, classes: list[int]) -> None:
    """ValueError unless there is every statement for each number of classes, in numbers that add up."""
    numbers = numeric(checks[_NUMBERS])
    if not np.isfinite(numbers).all(axis=None):
        raise ValueError(f"{THEORY} has values that are no numbers")
    if not checks["holds"].isin([0, 1]).all():
        raise ValueError(f"{THEORY} has values of holds other than 0 and 1")
    less = numbers["value"] < numbers["bound"]
    more = numbers["value"] > numbers["bound"]
    true = less.where(checks["relation"] == "<", more)
    if not (numbers["holds"] == true).all():
        raise ValueError(f"{THEORY} has statements whose value does not fit whether they hold")
    found = checks.groupby(["statement", "subject"])["classes"].agg(sorted)
    if missing := _STATEMENTS - set(found.index):
        raise ValueError(f"{THEORY} lacks {', '.join(sorted(' of '.join(each) for each in missing))}")
    if any(each != sorted(classes) for each in found):
        raise ValueError(f"{THEORY} does not hold each statement once for each of theory.classes")
