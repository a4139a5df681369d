"""Checks CSV files against the annotations of their row dataclass, with pandera."""

import dataclasses
import functools
import zlib
from collections.abc import Container
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import annotated_types as limits
import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from isbe_bench.runs import reading
from isbe_bench.runs.rows import Added, Optional

# pandas reads a column that holds anything else as text.
_BOOLEANS = {True: True, False: False, "True": True, "False": False}
_NOUNS = {float: "a number", int: "a whole number", bool: "true or false", str: "a text"}


class RowsError(ValueError):
    """Rows with values that their columns do not allow.

    Attributes
    ----------
    reasons
        The first problem of each row in one line, by the row's index label. The message of the
        exception is the first of them.
    """

    def __init__(self, reasons: dict[int, str]) -> None:
        super().__init__(next(iter(reasons.values())))
        self.reasons = reasons


@dataclasses.dataclass(frozen=True)
class Column:
    """The allowed values of one column, from the annotation of a dataclass field.

    Attributes
    ----------
    type
        `float`, `int`, `bool` or `str`; cells of any other type are not checked.
    choices
        The values of a `Literal`; otherwise empty.
    limits
        Bounds of a number, from `annotated_types`.
    optional
        Whether cells may be empty.
    added
        Whether older files lack the column.
    """

    type: Any
    choices: tuple[Any, ...]
    limits: tuple[Any, ...]
    optional: bool
    added: bool

    @property
    def numeric(self) -> bool:
        """Whether its cells are numbers."""
        return self.type in (int, float)

    @property
    def allowed(self) -> str:
        """The allowed values in words: `a number from 0 to 100`."""
        noun = " or ".join(map(str, self.choices)) or _NOUNS.get(self.type, "a value")
        low, high = self._limit(limits.Ge, "ge"), self._limit(limits.Le, "le")
        if low is not None and high is not None:
            noun += f" from {low} to {high}"
        elif low is not None:
            noun += f" of {low} or more"
        elif high is not None:
            noun += f" of {high} or less"
        if (above := self._limit(limits.Gt, "gt")) is not None:
            noun += f" above {above}"
        return f"{noun}, or nothing" if self.optional else noun

    def pandera(self) -> pa.Column:
        """The column of a pandera schema; whole numbers stay floats."""
        checks = [pa.Check.isin(self.choices)] if self.choices else []
        if self.type is bool:
            checks.append(pa.Check.isin(list(_BOOLEANS)))
        if self.numeric:
            checks.append(pa.Check(np.isfinite))
        if self.type is int:
            checks.append(pa.Check(lambda cells: cells % 1 == 0))
        for limit in self.limits:
            ((name, bound),) = dataclasses.asdict(limit).items()
            checks.append(getattr(pa.Check, name)(bound))
        if self.numeric:
            return pa.Column(float, checks, nullable=self.optional, coerce=True)
        return pa.Column(checks=checks, nullable=self.optional)

    def _limit(self, kind: type, name: str) -> Any:
        return next((getattr(limit, name) for limit in self.limits if isinstance(limit, kind)), None)


@functools.cache
def columns(row: type) -> dict[str, Column]:
    """The columns of a file with rows of this dataclass."""
    hints = get_type_hints(row, include_extras=True)
    return {field.name: _column(hints[field.name]) for field in dataclasses.fields(row)}


def check_columns(names: Container[str], row: type, file: str, *more: str) -> None:
    """Check that a file has the columns of a row dataclass, and `more`; ValueError if one is missing."""
    required = [name for name, column in columns(row).items() if not column.added]
    if missing := [name for name in (*more, *required) if name not in names]:
        raise ValueError(f"{file} has no column {', '.join(missing)}")


def read(path: Path, row: type, *more: str) -> pd.DataFrame:
    """Read a CSV file with the columns of a row dataclass and `more` text columns; checks no cells.

    Raises
    ------
    ValueError
        The file cannot be read, or a column is missing.
    """
    texts = [*more, *(name for name, column in columns(row).items() if column.type is str)]
    return _csv(path, row, *more, dtype=dict.fromkeys(texts, str), low_memory=False)


def none(row: type, *more: str) -> pd.DataFrame:
    """A frame with `more` columns and those of a row dataclass, and no rows."""
    return pd.DataFrame(columns=[*more, *columns(row)])


def read_texts(path: Path, row: type) -> pd.DataFrame:
    """Read a CSV file with the columns of a row dataclass, and any others, with cells as text."""
    return _csv(path, row, absent="", dtype=str, keep_default_na=False)


def _csv(path: Path, row: type, *more: str, absent: Any = np.nan, **options: Any) -> pd.DataFrame:
    try:
        reading.check_regular(path)
        frame: pd.DataFrame = pd.read_csv(path, **options)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ValueError(f"{path.name} cannot be read ({error})") from error
    check_columns(set(frame.columns), row, path.name, *more)
    added = [name for name in columns(row) if name not in frame]
    return frame.assign(**dict.fromkeys(added, absent))


def validate(frame: pd.DataFrame, row: type, file: str) -> pd.DataFrame:
    """Check a frame and convert it to the types of a row dataclass; other columns stay as they are.

    Parameters
    ----------
    frame
        Has all columns of `row`, and an index of unique integers.
    row
        A dataclass.
    file
        Name of the source in messages.

    Raises
    ------
    RowsError
        Rows with values that their columns do not allow. Not all such rows need be among them: a text
        among the numbers of a column prevents the comparison of these with their bounds.
    """
    # Of a list among numbers, pandera would not say in which row it is.
    mixed = [
        name for name, column in columns(row).items() if column.numeric and frame[name].dtype == "O"
    ]
    scalars = frame[mixed].map(lambda cell: cell if pd.api.types.is_scalar(cell) else str(cell))
    try:
        valid: pd.DataFrame = _schema(row).validate(frame.assign(**scalars.astype(object)), lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.dropna(subset="index").drop_duplicates("index")
        reasons = {
            int(index): _reason(file, str(column), columns(row)[str(column)], frame.loc[index, column])
            for index, column in zip(cases["index"], cases["column"], strict=True)
        }
        raise RowsError(reasons) from errors
    for name, column in columns(row).items():
        if column.type is int and not column.optional:  # an empty cell is a float
            valid[name] = valid[name].astype(int)
        elif column.type is bool:
            valid[name] = valid[name].map(_BOOLEANS).astype(bool)
    return valid


@functools.cache
def _schema(row: type) -> pa.DataFrameSchema:
    return pa.DataFrameSchema({name: column.pandera() for name, column in columns(row).items()})


def _column(hint: Any) -> Column:
    base, marks = (hint.__origin__, hint.__metadata__) if get_origin(hint) is Annotated else (hint, ())
    choices = get_args(base) if get_origin(base) is Literal else ()
    bounds = tuple(mark for mark in marks if isinstance(mark, (limits.Ge, limits.Gt, limits.Le)))
    optional, added = (any(isinstance(mark, kind) for mark in marks) for kind in (Optional, Added))
    return Column(type(choices[0]) if choices else base, choices, bounds, optional, added)


def _reason(file: str, name: str, column: Column, cell: Any) -> str:
    holds = "is empty" if pd.api.types.is_scalar(cell) and pd.isna(cell) else f"holds {cell}"
    return f"{file}: {name} {holds}: allowed is {column.allowed}"
