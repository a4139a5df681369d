"""Tidy records: what is read back is what was written, and what is broken is named."""

import gzip
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import Make
from pandas.testing import assert_frame_equal
from recorded import record

from isbe_bench import collection, tables
from isbe_bench.collection import Collection, collect, tidy
from isbe_bench.errors import InputError

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


@pytest.mark.parametrize("column", ["run", "alpha", "mode", "test_images"])
def test_a_missing_column_of_runs_is_named(results: Path, column: str) -> None:
    path = results / "records" / "runs.csv"
    pd.read_csv(path, dtype=str).drop(columns=column).to_csv(path, index=False)
    read = without_folders(results)
    assert read.runs.empty
    assert read.problems == [f"{path}: left out, runs.csv has no column {column}"]


@pytest.mark.parametrize(
    ("file", "column"), [("epochs.csv", "test_loss"), ("epochs.csv", "run"), ("errors.csv.gz", "image")]
)
def test_a_missing_column_of_details_is_named(results: Path, file: str, column: str) -> None:
    path = results / "records" / file
    pd.read_csv(path).drop(columns=column).to_csv(path, index=False)
    read = without_folders(results)
    assert read.runs.empty
    assert read.problems == [
        f"{results / 'records' / 'runs.csv'}: left out, {file} has no column {column}"
    ]


def test_a_missing_file_is_named(results: Path) -> None:
    (results / "records" / "epochs.csv").unlink()
    (problem,) = without_folders(results).problems
    assert "epochs.csv" in problem


def test_a_file_cut_off_is_named(results: Path) -> None:
    path = results / "records" / "errors.csv.gz"
    path.write_bytes(path.read_bytes()[:-20])
    (problem,) = without_folders(results).problems
    assert "runs.csv: left out, errors.csv.gz cannot be read" in problem


def test_numbers_that_are_none_are_named(results: Path) -> None:
    path = results / "records" / "runs.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[0, "alpha"] = "high"
    frame.to_csv(path, index=False)
    assert without_folders(results).problems == [f"{path}: left out, runs.csv has a run with alpha=high"]
    frame.loc[0, "alpha"] = ""
    frame.to_csv(path, index=False)
    assert collect(results).problems == [f"{path}: left out, runs.csv has a run without alpha"]


def test_a_run_without_epochs_is_named_and_the_rest_goes_on(results: Path) -> None:
    path = results / "records" / "epochs.csv"
    epochs = pd.read_csv(path)
    lost = epochs["run"].iloc[0]
    epochs[epochs["run"] != lost].to_csv(path, index=False)
    read = without_folders(results)
    assert len(read.runs) == 4
    assert set(read.epochs["run"]) == set(read.runs["run"])
    assert read.problems == [f"{lost}: left out, {path} has no row of it"]


def test_a_run_that_is_there_twice_is_named(results: Path) -> None:
    path = results / "records" / "runs.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]))
    (problem,) = without_folders(results).problems
    assert "more than once" in problem


def test_errors_are_the_images_that_are_wrong(results: Path) -> None:
    read = collect(results)
    counts = read.errors.groupby("run").size().reindex(read.runs["run"], fill_value=0)
    assert counts.tolist() == (10 * (100 - read.runs["alpha"])).round().astype(int).tolist()
    assert set(read.runs["test_images"]) == {1000}
    text = gzip.decompress((results / "records" / "errors.csv.gz").read_bytes()).decode()
    assert text.splitlines()[0] == "run,image,label,prediction"


def test_predictions_that_do_not_fit_the_accuracy_are_named(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 98.0).write_predictions([1] * 1000, [1] * 1000)
    (problem,) = collect(tmp_path / "results").problems
    assert "predictions.csv has 0 errors in 1000 images, and epochs.csv ends at 98.00%" in problem
    record(make_config, 98.0, "seed=1").path.joinpath("predictions.csv").write_text("label\n1\n")
    assert "predictions.csv has no column prediction" in collect(tmp_path / "results").problems[1]


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
