"""`task=theory`: what is true comes out as true, what is not as false, and a wrong formula is found."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import MakeTheory
from recorded import as_version_0_1

from isbe_bench import cli
from isbe_bench.analysis.collection import collect
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import THEORY, StatementCheck
from isbe_bench.theory.statements import STATEMENTS

FALSE_AS_PRINTED = {
    *("theorem1.1", "theorem1.2", "theorem1.4d", "theoremA1.proof", "theoremA1"),
    *("section3.lipschitz", "section3.close", "section5.explosion", "section5.suppression"),
    *("tomasi.section5.softmax", "tomasi.section5.relu"),
}
SMALL = ("theory.classes=[2,7]", "theory.samples=50")


@pytest.fixture
def rows(make_theory: MakeTheory) -> pd.DataFrame:
    config = make_theory(*SMALL)
    outcome = run.execute(config)
    assert outcome.status == "done", outcome.note
    return pd.read_csv(RunFolder(config).path / THEORY)


def test_a_run_leaves_a_row_for_each_statement_function_and_number_of_classes(
    rows: pd.DataFrame,
) -> None:
    assert len(rows) == 2 * len(STATEMENTS)
    assert not rows.duplicated(["statement", "subject", "classes"]).any()
    assert set(rows["classes"]) == {2, 7}
    assert set(rows.loc[rows["holds"] == 0, "statement"]) == FALSE_AS_PRINTED
    less = rows["relation"] == "<"
    assert ((rows["value"] < rows["bound"]) == (rows["holds"] == 1))[less].all()
    assert ((rows["value"] > rows["bound"]) == (rows["holds"] == 1))[~less].all()
    assert rows.notna().all(axis=None)


def test_the_same_seed_gives_the_same_rows(make_theory: MakeTheory, rows: pd.DataFrame) -> None:
    again = make_theory(*SMALL, "force=true")
    other = make_theory(*SMALL, "seed=1")
    alone = make_theory("theory.classes=[7]", "theory.samples=50")
    for config in (again, other, alone):
        assert run.execute(config).status == "done"
    pd.testing.assert_frame_equal(pd.read_csv(RunFolder(again).path / THEORY), rows)
    assert not pd.read_csv(RunFolder(other).path / THEORY)["value"].equals(rows["value"])
    of_7 = rows[rows["classes"] == 7].reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.read_csv(RunFolder(alone).path / THEORY), of_7)


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["isbe-bench", "task=theory", "theory.samples=50"])
    assert cli.main() == 0
    assert "22 of 33 statements hold as printed; those that do not: theorem1.1, " in (
        capsys.readouterr().out
    )
    (folder,) = tmp_path.glob("results/runs/theory-seed0-*")
    assert {path.name for path in folder.iterdir()} == {
        "config.yaml",
        "environment.json",
        "manifest.json",
        "status.json",
        THEORY,
    }
    assert cli.main() == 0
    assert "already done" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("theory.samples=0", "theory.samples=0: allowed is an integer, 50 to 100000"),
        ("theory.classes=[1]", "theory.classes=[1]: allowed is a list, [A,B], of one or more different values, each an integer, 2 to 1000"),
        ("theory.classes=[]", "theory.classes=[]: allowed is a list"),
        ("theory.classes=[2,2]", "theory.classes=[2,2]: allowed is a list, [A,B], of one or more different"),
        ("theory.classes=[2,3.5]", "theory.classes=[2,3.5]: allowed is a list"),
        ("theory.classes=10", "theory.classes=10: allowed is a list"),
        ("theory.samples=100 theory.classes=[2,1000]", "theory.samples=100: their Jacobians with theory.classes=1000 take too much memory; allowed is 67 or fewer"),
    ],
)  # fmt: skip
def test_bad_values_are_named_in_one_line(make_theory: MakeTheory, overrides: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        make_theory(*overrides.split())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture
def finished(make_theory: MakeTheory) -> Path:
    """A run's folder."""
    config = make_theory(*SMALL)
    run.execute(config)
    return RunFolder(config).path


def test_a_run_is_read_back(finished: Path, tmp_path: Path) -> None:
    read = collect(tmp_path / "results").theory
    (row,) = read.runs.to_dict("records")
    assert row["run"] == finished.name
    assert row["seed"] == 0
    assert row["theory.samples"] == 50
    assert row["started"] == json.loads((finished / "status.json").read_text())["started"]
    assert row["environment.torch"] == torch.__version__
    assert list(read.samples) == ["run", *StatementCheck.__annotations__]
    assert len(read.samples) == 2 * len(STATEMENTS)
    assert read.samples["value"].dtype == np.float64


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda rows: rows.drop(columns="bound"), "theory.csv has no column bound"),
        (lambda rows: rows.assign(value=np.inf), "theory.csv: value holds inf: allowed is a number"),
        (lambda rows: rows.assign(value="nan"), "theory.csv: value is empty: allowed is a number"),
        (
            lambda rows: rows.assign(holds=2),
            "theory.csv: holds holds 2: allowed is a whole number from 0 to 1",
        ),
        (lambda rows: rows.assign(relation="="), "theory.csv: relation holds =: allowed is < or >"),
        (lambda rows: rows.iloc[:0], "theory.csv has no row"),
        (lambda rows: rows.iloc[1:], "theory.csv was changed"),
        (lambda rows: rows[rows["classes"] == 2], "theory.csv was changed"),
    ],
)
def test_a_spoilt_file_is_refused(
    finished: Path, tmp_path: Path, spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    spoil(pd.read_csv(finished / THEORY)).to_csv(finished / THEORY, index=False)
    told = []
    for _ in range(2):
        read = collect(tmp_path / "results")
        told += read.problems
        as_version_0_1(finished)
    assert "theory.csv was changed after the run wrote it" in told[0]
    assert message in " ".join(told)
