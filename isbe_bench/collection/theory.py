"""One run of `task=theory`, read back from its folder."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isbe_bench.collection.rows import environment_of, settings_of
from isbe_bench.tasks.theory import FILE, Row

_NUMBERS = ["classes", "samples", "value", "bound", "holds"]


def read(folder: Path, config: Any) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    """The row of `Measurements.runs` and the rows of `theory.csv`, behind their `run`.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        A file that is missing, cannot be read, or holds what no run leaves.
    """
    environment = json.loads((folder / "environment.json").read_text())
    status = json.loads((folder / "status.json").read_text())
    checks = pd.read_csv(folder / FILE, keep_default_na=False)
    _check(checks, config["theory"])
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


def _check(checks: pd.DataFrame, settings: Any) -> None:
    """ValueError unless there is the same for each number of classes, in numbers."""
    if missing := [field.name for field in dataclasses.fields(Row) if field.name not in checks]:
        raise ValueError(f"{FILE} has no column {', '.join(missing)}")
    numbers = checks[_NUMBERS].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(numbers).all():
        raise ValueError(f"{FILE} has values that are no numbers")
    if not checks["holds"].isin([0, 1]).all():
        raise ValueError(f"{FILE} has values of holds other than 0 and 1")
    found = checks.groupby(["statement", "subject"])["classes"].agg(sorted)
    if checks.empty or any(classes != sorted(settings["classes"]) for classes in found):
        raise ValueError(f"{FILE} does not hold each statement once for each of theory.classes")
