"""Columns, types and ranges of CSV files follow from the annotations of their rows."""

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import pytest
from annotated_types import Ge, Gt, Le

from isbe_bench.runs import schema
from isbe_bench.runs.rows import Optional


@dataclasses.dataclass(frozen=True)
class Row:
    count: Annotated[int, Ge(1)]
    share: Annotated[float, Ge(0), Le(100)]
    ms: Annotated[float, Gt(0)]
    most: Annotated[float, Le(5)]
    flag: bool
    word: str
    relation: Literal["<", ">"]
    reading: Annotated[float, Optional()]
    reason: Annotated[str, Optional()]


GOOD = {
    "count": "3",
    "share": "100",
    "ms": "0.1",
    "most": "-7.5",
    "flag": "True",
    "word": "1.0",
    "relation": "<",
    "reading": "",
    "reason": "",
}


def read(tmp_path: Path, *rows: dict[str, str]) -> pd.DataFrame:
    path = tmp_path / "rows.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return schema.validate(schema.read(path, Row), Row, path.name)


def test_cells_have_the_types_of_their_fields(tmp_path: Path) -> None:
    frame = read(tmp_path, GOOD, GOOD)
    assert frame["count"].dtype == int
    assert frame["share"].dtype == frame["reading"].dtype == float
    assert frame["flag"].dtype == bool
    assert frame["word"].tolist() == ["1.0", "1.0"]
    assert frame[["reading", "reason"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("count", "0", "count holds 0: allowed is a whole number of 1 or more"),
        ("count", "1.5", "count holds 1.5: allowed is a whole number of 1 or more"),
        ("count", "x", "count holds x: allowed is a whole number of 1 or more"),
        ("count", "inf", "count holds inf: allowed is a whole number of 1 or more"),
        ("share", "101.0", "share holds 101.0: allowed is a number from 0 to 100"),
        ("share", "", "share is empty: allowed is a number from 0 to 100"),
        ("share", "inf", "share holds inf: allowed is a number from 0 to 100"),
        ("ms", "0", "ms holds 0.0: allowed is a number above 0"),
        ("most", "6", "most holds 6.0: allowed is a number of 5 or less"),
        ("flag", "2", "flag holds 2: allowed is true or false"),
        ("word", "", "word is empty: allowed is a text"),
        ("relation", "=", "relation holds =: allowed is < or >"),
        ("reading", "x", "reading holds x: allowed is a number, or nothing"),
    ],
)
def test_a_cell_that_is_not_allowed_is_named_in_one_line(
    tmp_path: Path, column: str, value: str, told: str
) -> None:
    with pytest.raises(schema.RowsError) as error:
        read(tmp_path, GOOD, GOOD | {column: value})
    assert str(error.value) == f"rows.csv: {told}"
    assert error.value.reasons == {1: f"rows.csv: {told}"}


def test_each_bad_row_is_named_with_the_first_thing_that_is_wrong_with_it(tmp_path: Path) -> None:
    with pytest.raises(schema.RowsError) as error:
        read(tmp_path, GOOD | {"share": "-1", "ms": "-1"}, GOOD, GOOD | {"ms": "-2"})
    assert error.value.reasons == {
        0: "rows.csv: share holds -1: allowed is a number from 0 to 100",
        2: "rows.csv: ms holds -2.0: allowed is a number above 0",
    }


def test_a_list_among_numbers_is_named() -> None:
    """Cells of records are decoded from JSON."""
    good = {"count": 3, "share": 100.0, "ms": 0.1, "most": -7.5, "flag": True, "word": "a"}
    good |= {"relation": "<", "reading": float("nan"), "reason": float("nan")}
    frame = pd.DataFrame([good, good | {"count": [1, 2]}])
    with pytest.raises(schema.RowsError) as caught:
        schema.validate(frame, Row, "rows.csv")
    words = "rows.csv: count holds [1, 2]: allowed is a whole number of 1 or more"
    assert caught.value.reasons == {1: words}


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("count,share,ms,most,flag,word,relation\n")
    with pytest.raises(ValueError, match="rows.csv has no column reading, reason$"):
        schema.read(tmp_path / "rows.csv", Row)


@pytest.mark.parametrize("content", ["", '"a\n1'])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "rows.csv").write_text(content)
    with pytest.raises(ValueError, match="rows.csv cannot be read"):
        schema.read(tmp_path / "rows.csv", Row)
