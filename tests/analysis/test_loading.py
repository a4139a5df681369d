"""`isbe_bench.load`: a results folder as frames."""

import doctest
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import Make, MakeTiming
from recorded import record, record_times

from isbe_bench import InputError, Results, load
from isbe_bench.analysis import Analysis, loading
from isbe_bench.analysis.collection import collect


@pytest.fixture
def folder(make_config: Make, make_timing: MakeTiming, tmp_path: Path) -> Path:
    for seed, alpha in enumerate((98.0, 98.4)):
        record(make_config, alpha, "loss=ce_mean", f"seed={seed}", "dataset=mnist")
        record(make_config, alpha + 0.3, "loss=isbe_softmax", f"seed={seed}", "dataset=mnist")
    record_times(make_timing)
    return tmp_path / "results"


@pytest.fixture
def results(folder: Path) -> Results:
    return load(folder)


def test_a_cell_for_every_number(results: Results, folder: Path) -> None:
    cells = results.cells
    assert len(cells) == len(Analysis(collect(folder)).cells) > 20
    mean = cells.query("quantity == 'alpha' and mode == 'isbe_softmax' and reference.isna()")
    (row,) = mean.to_dict("records")
    assert row["mean"] == pytest.approx(98.5)
    assert row["low"] < 98.3
    assert row["high"] > 98.7
    assert (row["count"], row["paper"], row["epochs"], row["net"]) == (2, 99.41, 3, "n0")
    assert row["verdict"] == ""
    difference = cells.query("quantity == 'alpha' and reference == 'ce_mean'")
    (row,) = difference.to_dict("records")
    assert row["mean"] == pytest.approx(0.3)
    assert (row["mode"], row["verdict"]) == ("isbe_softmax", "too few runs")
    assert row["paper"] == pytest.approx(99.41 - 99.45)


def test_numbers_stay_numbers_where_others_have_none(results: Results) -> None:
    cells = results.cells
    assert [str(cells[name].dtype) for name in ("epochs", "disturbed")] == ["Int64", "Int64"]
    assert cells["device"].isna().any()
    assert cells["device"].notna().any()
    assert (cells.loc[cells["quantity"] == "tau", "disturbed"] == 0).all()


def test_runs_epochs_errors_and_measurements(results: Results) -> None:
    assert results.runs["alpha"].tolist() == pytest.approx([98.0, 98.4, 98.3, 98.7])
    assert results.epochs.groupby("run").size().tolist() == [3, 3, 3, 3]
    assert results.errors.groupby("run").size().tolist() == [200, 160, 170, 130]
    timing = results.measurements["timing"]
    assert len(timing.runs) == 1
    assert set(timing.samples["warmup"]) == {0, 1}
    assert results.problems == ()


def test_a_folder_of_trainings_alone(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 98.0, "loss=ce_mean")
    results = load(str(tmp_path / "results"))
    assert list(results.cells["quantity"]) == ["alpha"]
    assert results.measurements["timing"].samples.empty


def test_what_is_damaged_is_named_and_left_out(results: Results, folder: Path) -> None:
    (folder / "runs" / results.runs["run"][0] / "epochs.csv").write_text("epoch\n1\n")
    damaged = load(folder)
    assert len(damaged.runs) == 3
    assert len(damaged.problems) == 1
    assert results.runs["run"][0] in damaged.problems[0]


def test_folders_without_results_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"RESULTS_DIR=.*nowhere: allowed is a folder with runs/"):
        load(tmp_path / "nowhere")
    shutil.rmtree(folder / "runs")
    with pytest.raises(InputError, match=r"has no finished run in runs/ and none in records/"):
        load(folder)


def test_the_example_of_the_docstring(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with pd.option_context("display.width", 200):
        failed, tried = doctest.testmod(loading)
    assert (failed, tried) == (0, 2)
