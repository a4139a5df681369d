"""Tidy records: what is read back is what was written, and what is broken is named."""

import gzip
import runpy
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import Make, MakeTheory
from pandas.testing import assert_frame_equal
from recorded import record

from isbe_bench.analysis import collection
from isbe_bench.analysis.collection import Collection, collect, tidy
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.publication import tables

FILES = ["runs.csv", "epochs.csv", "errors.csv.gz"]


@pytest.fixture
def results(make_config: Make, tmp_path: Path) -> Path:
    """Trainings under settings of every type, in folders; the tidy files beside them."""
    for seed, alpha in enumerate((98.0, 98.4)):
        record(make_config, alpha, "loss=ce_mean", f"seed={seed}", "device.threads=1")
        record(
            make_config,
            alpha + 0.3,
            "loss=isbe_softmax",
            f"seed={seed}",
            cuda="13.0",
            allocator={"a": 1},
        )
    record(
        make_config, 100.0, "loss=isbe_dilated_softmax", "arch=n1", "loss.dilation=[1,2,3,4,5,6,7,8,9,1]"
    )
    folder = tmp_path / "results"
    collection.write(collect(folder), folder / "records")
    return folder


def without_folders(results: Path) -> Collection:
    shutil.rmtree(results / "runs")
    return collect(results)


def test_records_alone_give_what_the_folders_gave(results: Path) -> None:
    from_folders, from_records = collect(results), without_folders(results)
    assert from_records.problems == from_folders.problems
    for name in ("runs", "epochs", "errors"):
        assert_frame_equal(getattr(from_records, name), getattr(from_folders, name), check_like=True)
    assert len(from_records.runs) == 5


def test_records_alone_give_the_same_files(results: Path, tmp_path: Path) -> None:
    read = collect(results)
    first = tables.write(read, tmp_path / "first")
    again = without_folders(results)
    second = tables.write(again, tmp_path / "second")
    written = collection.write(again, tmp_path / "records")
    assert [path.name for path in written] == FILES
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes()
    for path in written:
        assert path.read_bytes() == (results / "records" / path.name).read_bytes()


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1,
        1.0,
        1e-8,
        0.1 + 0.2,
        "a",
        "1.0",
        "null",
        "true",
        '"',
        "13.0",
        [1, 2.5],
        {"a": [None]},
    ],
)
def test_a_cell_comes_back_as_what_it_was(value: object) -> None:
    back = tidy.decode(tidy.encode(value))
    assert back == value
    assert type(back) is type(value)


def test_a_folder_goes_before_its_record(make_config: Make, results: Path) -> None:
    record(make_config, 50.0, "loss=ce_mean", "seed=0", "device.threads=1")
    runs = collect(results).runs
    assert len(runs) == 5
    assert runs["alpha"].min() == 50.0


def test_a_run_is_kept_by_its_record_alone(results: Path) -> None:
    shutil.rmtree(next((results / "runs").glob("*ce_mean-seed0*")))
    read = collect(results)
    assert len(read.runs) == 5
    collection.write(read, results / "records")  # and is so again
    assert len(without_folders(results).runs) == 5


@pytest.mark.parametrize("damage", ["lost", "running"])
def test_a_run_is_kept_by_its_record_where_its_folder_cannot_be_used(results: Path, damage: str) -> None:
    folder = next((results / "runs").glob("*ce_mean-seed0*"))
    if damage == "lost":
        (folder / "epochs.csv").unlink()
    else:
        (folder / "status.json").write_text('{"status": "running"}')
    read = collect(results)
    assert len(read.runs) == 5
    (problem,) = read.problems
    assert problem.startswith(f"{folder}: left out, ")
    assert problem.endswith("; its record is used")
    collection.write(read, results / "records")
    assert len(without_folders(results).runs) == 5


@pytest.mark.parametrize("place", ["runs", "records"])
def test_a_text_among_numbers_costs_no_run_but_its_own(results: Path, place: str) -> None:
    if place == "runs":
        shutil.rmtree(results / "records")
        path = next((results / "runs").glob("*ce_mean-seed0*/epochs.csv"))
    else:
        shutil.rmtree(results / "runs")
        path = results / "records" / "epochs.csv"
    epochs = pd.read_csv(path, dtype=str)
    epochs.loc[0, "train_loss"] = "abc"
    epochs.to_csv(path, index=False)
    read = collect(results)
    assert len(read.runs) == 4
    assert read.epochs.drop(columns="run").dtypes.map(pd.api.types.is_numeric_dtype).all()


@pytest.mark.parametrize(
    "column",
    ["run", "alpha", "mode", "test_images", "environment.git_revision", "environment.isbe_bench"],
)
def test_a_missing_column_of_runs_is_named(results: Path, column: str) -> None:
    path = results / "records" / "runs.csv"
    pd.read_csv(path, dtype=str).drop(columns=column).to_csv(path, index=False)
    read = without_folders(results)
    assert read.runs.empty
    assert read.problems == [
        f"{path.parent}: all runs of task=train left out, runs.csv has no column {column}"
    ]


@pytest.mark.parametrize(
    ("file", "column"), [("epochs.csv", "test_loss"), ("epochs.csv", "run"), ("errors.csv.gz", "image")]
)
def test_a_missing_column_of_details_is_named(results: Path, file: str, column: str) -> None:
    path = results / "records" / file
    pd.read_csv(path).drop(columns=column).to_csv(path, index=False)
    read = without_folders(results)
    assert read.runs.empty
    assert read.problems == [
        f"{results / 'records'}: all runs of task=train left out, {file} has no column {column}"
    ]


def test_a_missing_file_is_named(results: Path) -> None:
    (results / "records" / "epochs.csv").unlink()
    (problem,) = without_folders(results).problems
    assert "epochs.csv" in problem


def test_a_file_cut_off_is_named(results: Path) -> None:
    path = results / "records" / "errors.csv.gz"
    path.write_bytes(path.read_bytes()[:-20])
    (problem,) = without_folders(results).problems
    assert "all runs of task=train left out, errors.csv.gz cannot be read" in problem


def spoilt(results: Path, file: str, column: str, value: object, row: int = 0) -> str:
    """What is said of records with another value in one cell; the other four runs go on."""
    path = results / "records" / file
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    run = str(frame.loc[row, "run"])
    frame.loc[row, column] = str(value)
    frame.to_csv(path, index=False)
    read = without_folders(results)
    assert len(read.runs) == 4
    (problem,) = read.problems
    assert "runs.csv: " + run + " left out, " in problem
    return problem.partition("left out, ")[2]


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("alpha", "high", "it has alpha=high"),
        ("alpha", "", "it has no alpha"),
        ("alpha", "996", "epochs.csv does not end at alpha=996"),
        ("seed", "1.5", "its name does not fit its configuration"),
        ("seed", "7", "its name does not fit its configuration"),
        ("tau", "x", "it has tau=x"),
        ("mode", "mse", "it has mode=mse"),
        ("mode", "[1,2]", "it has mode=[1, 2]"),
        ("net", "n1r", "it has net=n1r"),
        ("test_images", "100", "predictions.csv holds 100 of 360 test images"),
        ("train.epochs", "4", "its name does not fit its configuration"),
        ("train.epochs", "", "its name does not fit its configuration"),
        ("arch.name", "n9", "its name does not fit its configuration"),
        ("optimizer.lr", "0.5", "its name does not fit its configuration"),
    ],
)
def test_an_impossible_run_is_named_and_the_rest_goes_on(
    results: Path, column: str, value: str, told: str
) -> None:
    assert spoilt(results, "runs.csv", column, value).startswith(told)


@pytest.mark.parametrize(
    ("file", "column", "value", "told"),
    [
        ("epochs.csv", "test_loss", "abc", "epochs.csv has values that are not numbers"),
        ("epochs.csv", "test_loss", "", "epochs.csv has values that are not numbers"),
        ("epochs.csv", "epoch", "2", "epochs.csv does not hold epochs 1 to 3, once each"),
        ("epochs.csv", "forward_ms", "-5", "epochs.csv has phases that took no time"),
        ("epochs.csv", "train_accuracy", "101", "epochs.csv has accuracies outside of 0 to 100"),
        ("epochs.csv", "train_loss", "-3", "epochs.csv has losses below 0"),
        ("errors.csv.gz", "image", "360", "it has errors that are no images classified wrong"),
        ("errors.csv.gz", "prediction", "1", "it has errors that are no images classified wrong"),
    ],
)
def test_impossible_details_are_named_and_the_rest_goes_on(
    results: Path, file: str, column: str, value: str, told: str
) -> None:
    assert spoilt(results, file, column, value).startswith(told)


@pytest.mark.parametrize(("lost", "left"), [(7, 0), (1, 6)])
def test_errors_that_are_lost_are_noticed(results: Path, lost: int, left: int) -> None:
    path = results / "records" / "errors.csv.gz"
    errors = pd.read_csv(path)
    run = errors["run"].iloc[0]
    errors.drop(index=errors.index[errors["run"] == run][:lost]).to_csv(path, index=False)
    (problem,) = without_folders(results).problems
    assert f"{run} left out, it has {left} errors in 360 images, and ends at 98.00%" in problem


def test_epochs_that_are_there_twice_are_noticed(results: Path) -> None:
    path = results / "records" / "epochs.csv"
    epochs = pd.read_csv(path)
    pd.concat([epochs, epochs.head(1)]).to_csv(path, index=False)
    (problem,) = without_folders(results).problems
    assert "does not hold epochs 1 to 3, once each" in problem


def test_a_run_without_epochs_is_named_and_the_rest_goes_on(results: Path) -> None:
    path = results / "records" / "epochs.csv"
    epochs = pd.read_csv(path)
    lost = epochs["run"].iloc[0]
    epochs[epochs["run"] != lost].to_csv(path, index=False)
    read = without_folders(results)
    assert len(read.runs) == 4
    assert set(read.epochs["run"]) == set(read.runs["run"])
    runs = path.with_name("runs.csv")
    assert read.problems == [f"{runs}: {lost} left out, epochs.csv has no row of it"]


def test_a_run_that_is_there_twice_is_named_and_the_rest_goes_on(results: Path) -> None:
    path = results / "records" / "runs.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]))
    read = without_folders(results)
    assert len(read.runs) == 4
    (problem,) = read.problems
    assert problem.endswith("left out, it is there more than once")


def test_details_without_their_runs_are_named(results: Path) -> None:
    (results / "records" / "runs.csv").unlink()
    (problem,) = without_folders(results).problems
    assert problem.endswith("epochs.csv, errors.csv.gz left out, there is no runs.csv")


def test_a_record_of_fewer_theorems_is_named(make_theory: MakeTheory, tmp_path: Path) -> None:
    results = tmp_path / "results"
    run.execute(make_theory("theory.classes=[2]", "theory.samples=60"))
    collection.write(collect(results), results / "records")
    path = results / "records" / "theory.csv"
    checks = pd.read_csv(path)
    checks[checks["statement"] != "theorem1.4"].to_csv(path, index=False)
    (problem,) = without_folders(results).problems
    assert problem.endswith("theory.csv lacks theorem1.4 of softce")


@pytest.mark.parametrize("value", ["abc", "", "-5"])
def test_memory_that_is_no_number_of_bytes_is_named(root: Path, tmp_path: Path, value: str) -> None:
    (tmp_path / "records").mkdir()
    for file in ("head_runs.csv", "head.csv.gz"):
        shutil.copy(root / "results" / "cpu" / "records" / file, tmp_path / "records")
    assert collect(tmp_path).problems == []
    path = tmp_path / "records" / "head.csv.gz"
    samples = pd.read_csv(path, dtype=str)
    samples.loc[3, "peak_bytes"] = value
    samples.to_csv(path, index=False)
    read = collect(tmp_path)
    assert read.head.runs.empty
    (problem,) = read.problems
    assert problem.endswith("head.csv has peak_bytes that are no numbers of bytes")


@pytest.mark.parametrize("png", ["no base64!", "bm8gcGljdHVyZQ==", ""])
def test_sample_images_that_are_none_are_named(results: Path, png: str) -> None:
    row = pd.DataFrame([{"dataset": "mnist", "image": 1, "label": 0, "name": "0", "png": png}])
    row.to_csv(results / "records" / "samples.csv", index=False)
    read = collect(results)
    assert read.samples.empty
    (problem,) = read.problems
    assert "samples.csv: left out, " in problem


def test_errors_are_the_images_that_are_wrong(results: Path) -> None:
    read = collect(results)
    counts = read.errors.groupby("run").size().reindex(read.runs["run"], fill_value=0)
    assert counts.tolist() == (3.6 * (100 - read.runs["alpha"])).round().astype(int).tolist()
    assert set(read.runs["test_images"]) == {360}
    text = gzip.decompress((results / "records" / "errors.csv.gz").read_bytes()).decode()
    assert text.splitlines()[0] == "run,image,label,prediction"


def test_predictions_that_do_not_fit_are_named(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 98.0).write_predictions([1] * 360, [1] * 360)
    record(make_config, 98.0, "seed=1").write_predictions([1] * 280, [1] * 280)
    record(make_config, 98.0, "seed=2").path.joinpath("predictions.csv").write_text("label\n1\n")
    told = sorted(
        problem.partition("left out, ")[2] for problem in collect(tmp_path / "results").problems
    )
    assert "it has 0 errors in 360 images, and ends at 98.00%" in told[0]
    assert "predictions.csv has no column prediction" in told[1]
    assert "predictions.csv holds 280 of 360 test images" in told[2]


def test_a_folder_cut_off_mid_write_is_named(make_config: Make, results: Path) -> None:
    cut = record(make_config, 90.0, "seed=7").path / "epochs.csv"
    cut.write_text(cut.read_text()[:-40])
    read = collect(results)
    assert len(read.runs) == 5
    (problem,) = read.problems
    assert "seed7" in problem
    assert "epochs.csv" in problem


def test_runs_of_two_states_of_the_code_are_named_and_not_averaged(
    make_config: Make, tmp_path: Path
) -> None:
    record(make_config, 98.0, "seed=0", git_revision="a" * 40)
    record(make_config, 99.0, "seed=1", git_revision="b" * 40)
    record(make_config, 97.0, "seed=2", git_revision="a" * 40, git_dirty=True)
    read = collect(tmp_path / "results")
    (problem,) = read.problems
    assert "digits n0: runs of several states of the code are shown apart" in problem
    assert "0.1.0 aaaaaaa (1 runs)" in problem
    assert "0.1.0 aaaaaaa with uncommitted changes (1 runs)" in problem
    assert "0.1.0 bbbbbbb (1 runs)" in problem
    tables.write(read, tmp_path / "tables")
    frame = pd.read_csv(tmp_path / "tables" / "table3_alpha.csv")
    assert sorted(frame[frame["value"] == "mean"]["ce_mean"]) == [97.0, 98.0, 99.0]
    assert "revision=aaaaaaa" in (tmp_path / "tables" / "table3_alpha.md").read_text()


def test_records_that_cannot_be_read_are_not_written_over(results: Path, tmp_path: Path) -> None:
    path = results / "records" / "runs.csv"
    broken = pd.read_csv(path, dtype=str).drop(columns="alpha").to_csv(index=False)
    path.write_text(broken)
    with pytest.raises(InputError, match="runs.csv has no column alpha; mend it or move it away"):
        collection.write(collect(results), results / "records")
    assert path.read_text() == broken


def test_the_aggregation_benchmark_gets_back_all_runs_that_it_makes_up(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark = runpy.run_path(str(root / "scripts" / "aggregation.py"))
    monkeypatch.setitem(benchmark["main"].__globals__, "SEEDS", 1)
    monkeypatch.setattr(sys, "argv", ["aggregation.py", "--runs", "30"])
    assert benchmark["main"]() == 0
    assert "read 30 runs from tidy files" in capsys.readouterr().out
