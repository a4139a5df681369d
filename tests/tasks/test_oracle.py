"""`task=oracle`: its rows, its table, its records, and what it cannot compare."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import ready_below
from recorded import write_tables

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect, write
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.publication import claims, figures
from isbe_bench.publication.figures import tomasi
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import ORACLE
from isbe_bench.tasks.oracle.settings import ReadyOracle

SMALL = (
    *("arch=perceptron", "arch.hidden=[8]", "oracle.losses=[ce_mean,isbe_tanh]"),
    *("oracle.images=70", "oracle.batch_size=32"),
)


def make(folder: Path, *overrides: str) -> ReadyOracle:
    ready = ready_below(folder, "task=oracle", *SMALL, *overrides)
    assert isinstance(ready, ReadyOracle)
    return ready


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("oracle") / "results"
    outcome = run.execute(make(folder))
    assert outcome.status == "done", outcome.note
    assert outcome.note.startswith("autograd agrees with the reference to ")
    return folder


def test_a_run_leaves_three_checks_for_each_loss(results: Path) -> None:
    rows = pd.read_csv(RunFolder(make(results)).path / ORACLE).set_index(["loss", "check"])
    assert list(rows.index) == [
        (loss, check)
        for loss in ("ce_mean", "isbe_tanh")
        for check in ("gradient", "as_printed", "epoch")
    ]
    assert rows.xs("gradient", level="check")["value"].between(0, 1e-13, inclusive="neither").all()
    epoch = rows.xs("epoch", level="check")
    assert epoch["holds"].eq(1).all()
    assert epoch["steps"].eq(3).all()
    assert rows.xs("as_printed", level="check")["value"].eq(3).all()


def test_the_table_is_the_same_from_records(results: Path, tmp_path: Path) -> None:
    write_tables(results, tmp_path / "tables")
    table = pd.read_csv(tmp_path / "tables" / "oracle.csv")
    assert table["loss"].tolist() == ["ce_mean", "isbe_tanh"]
    assert table[["agree", "as_printed", "runs"]].eq([1, 3, 1]).all(axis=None)
    assert "isbe-bench -m task=oracle" in (tmp_path / "tables" / "oracle.md").read_text()
    write(collect(results), tmp_path / "again" / "records")
    write_tables(tmp_path / "again", tmp_path / "again" / "tables")
    for name in ("oracle.csv", "oracle.md"):
        assert (tmp_path / "again/tables" / name).read_bytes() == (
            tmp_path / "tables" / name
        ).read_bytes()


def test_the_claims_of_the_text_are_judged_by_it(results: Path) -> None:
    analysis = Analysis(collect(results))
    of_the_text = (each for each in claims.make(analysis) if each.source == "tomasi")
    gradient, as_printed, *_ = of_the_text
    assert (gradient.verdict, as_printed.verdict) == ("holds", "does not hold")
    (finding,) = gradient.findings
    assert finding.where == "perceptron on digits"
    assert "largest relative deviation of what a weight has changed" in finding.evidence
    assert "body.1.weight" in as_printed.findings[0].evidence
    assert gradient.basis.runs == "2 loss modes in 1 run"


def test_the_figures_of_the_text_are_drawn_beside_it(results: Path, tmp_path: Path) -> None:
    drawings = figures.draw(Analysis(collect(results)), [tomasi.make])
    names = [path.name for path in figures.write(drawings, tmp_path) if path.suffix == ".png"]
    assert [name[:14] for name in names] == [f"tomasi_figure{number}" for number in range(1, 6)]
    assert not list(figures.draw(Analysis(collect(tmp_path)), [tomasi.make]))


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("oracle.images=5000", r"oracle.images=5000: allowed is 2 to 1293"),
        (
            "oracle.batch_size=1281",
            r"oracle.batch_size=1281: allowed is 2 to 1280, which oracle.images is",
        ),
        ("oracle.batch_size=1", r"oracle.batch_size=1: allowed is an integer, 2 or more"),
        ("device.precision=bf16", r"device.precision=bf16: task=oracle computes in float64"),
        ("oracle.losses=[pedcc]", r"oracle.losses=\[pedcc\]: allowed is a list"),
        ("oracle.lr=0.0", r"oracle.lr=0.0: allowed is a number above 0"),
        ("arch=resnet18", r"cannot compute body.3, BasicBlock, by hand"),
    ],
)
def test_bad_input_is_named(override: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=told):
        ready_below(tmp_path, "task=oracle", override)
