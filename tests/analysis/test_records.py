"""Records: what is read back is what was written, and what is broken is named."""

import gzip
import shutil
from pathlib import Path

import pandas as pd
import pytest
from benchmarks import publishing
from conftest import Make, MakeTheory
from pandas.testing import assert_frame_equal
from recorded import as_version_0_1, record

from isbe_bench.analysis import Analysis, collection
from isbe_bench.analysis.collection import Collection, collect
from isbe_bench.analysis.reading import records
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


@pytest.fixture
def unsealed(results: Path) -> Path:
    """The same without a manifest, as version 0.1 left records."""
    (results / "records" / "manifest.json").unlink()
    return results


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
    first = tables.write(tables.make(Analysis(read)), tmp_path / "first")
    again = without_folders(results)
    second = tables.write(tables.make(Analysis(again)), tmp_path / "second")
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
    back = records.decode(records.encode(value))
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
def test_a_text_among_numbers_costs_no_run_but_its_own(unsealed: Path, place: str) -> None:
    results = unsealed
    if place == "runs":
        shutil.rmtree(results / "records")
        path = next((results / "runs").glob("*ce_mean-seed0*/epochs.csv"))
        as_version_0_1(path.parent)
    else:
        shutil.rmtree(results / "runs")
        path = results / "records" / "epochs.csv"
    epochs = pd.read_csv(path, dtype=str)
    epochs.loc[0, "train_loss"] = "abc"
    epochs.to_csv(path, index=False)
    read = collect(results)
    assert len(read.runs) == 4
    assert read.epochs.drop(columns="run").dtypes.map(pd.api.types.is_numeric_dtype).all()
    (problem,) = read.problems
    assert "left out, epochs.csv: train_loss holds abc: allowed is a number" in problem


@pytest.mark.parametrize(
    "column",
    ["run", "alpha", "seed", "test_images"],
)
def test_a_missing_column_of_runs_is_named(unsealed: Path, column: str) -> None:
    path = unsealed / "records" / "runs.csv"
    pd.read_csv(path, dtype=str).drop(columns=column).to_csv(path, index=False)
    read = without_folders(unsealed)
    assert read.runs.empty
    assert read.problems == [
        f"{path.parent}: all runs of task=train left out, runs.csv has no column {column}"
    ]


@pytest.mark.parametrize(
    ("file", "column"), [("epochs.csv", "test_loss"), ("epochs.csv", "run"), ("errors.csv.gz", "image")]
)
def test_a_missing_column_of_details_is_named(unsealed: Path, file: str, column: str) -> None:
    path = unsealed / "records" / file
    pd.read_csv(path).drop(columns=column).to_csv(path, index=False)
    read = without_folders(unsealed)
    assert read.runs.empty
    assert read.problems == [
        f"{unsealed / 'records'}: all runs of task=train left out, {file} has no column {column}"
    ]


def test_a_missing_file_is_named(unsealed: Path) -> None:
    (unsealed / "records" / "epochs.csv").unlink()
    (problem,) = without_folders(unsealed).problems
    assert "all runs of task=train left out, epochs.csv cannot be read" in problem


def test_a_file_cut_off_is_named(unsealed: Path) -> None:
    path = unsealed / "records" / "errors.csv.gz"
    path.write_bytes(path.read_bytes()[:-20])
    (problem,) = without_folders(unsealed).problems
    assert "all runs of task=train left out, errors.csv.gz cannot be read" in problem


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_was_changed_is_named_and_its_task_left_out(results: Path, file: str) -> None:
    path = results / "records" / file
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.iloc[1:].to_csv(path, index=False)
    read = without_folders(results)
    assert read.runs.empty
    assert read.problems == [
        f"{path.parent}: all runs of task=train left out, {file} was changed after isbe-bench records wrote it"
    ]


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_lost_is_named_and_its_task_left_out(results: Path, file: str) -> None:
    (results / "records" / file).unlink()
    read = without_folders(results)
    assert read.runs.empty
    (problem,) = read.problems
    assert problem.endswith(f"all runs of task=train left out, {file} is missing")


def test_a_change_to_one_task_leaves_the_others(results: Path, make_theory: MakeTheory) -> None:
    run.execute(make_theory("theory.classes=[2]", "theory.samples=60"))
    collection.write(collect(results), results / "records")
    path = results / "records" / "theory.csv"
    path.write_text(path.read_text().replace(",0,", ",1,"))
    read = without_folders(results)
    assert len(read.runs) == 5
    assert read.theory.runs.empty
    (problem,) = read.problems
    assert problem.endswith(
        "task=theory left out, theory.csv was changed after isbe-bench records wrote it"
    )


def test_a_manifest_that_cannot_be_read_is_named(results: Path) -> None:
    (results / "records" / "manifest.json").write_text("<<<<<<< HEAD")
    read = without_folders(results)
    assert read.runs.empty
    (problem,) = set(read.problems)
    assert "left out, manifest.json cannot be read" in problem


def spoilt(unsealed: Path, file: str, column: str, value: object, row: int = 0) -> str:
    """What is said of records with another value in one cell; the other four runs go on."""
    path = unsealed / "records" / file
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    run = str(frame.loc[row, "run"])
    frame.loc[row, column] = str(value)
    frame.to_csv(path, index=False)
    read = without_folders(unsealed)
    assert len(read.runs) == 4
    (problem,) = read.problems
    assert "runs.csv: " + run + " left out, " in problem
    return problem.partition("left out, ")[2]


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("alpha", "high", "runs.csv: alpha holds high: allowed is a number from 0 to 100"),
        ("alpha", "", "runs.csv: alpha is empty: allowed is a number from 0 to 100"),
        ("alpha", "996", "runs.csv: alpha holds 996: allowed is a number from 0 to 100"),
        ("alpha", "99.6", "epochs.csv does not end at alpha=99.6"),
        ("seed", "1.5", "its name does not fit its settings"),
        ("seed", "7", "its name does not fit its settings"),
        ("tau", "x", "runs.csv: tau holds x: allowed is a number from 0 to 100"),
        ("disturbed", "3", "runs.csv: disturbed holds 3: allowed is true or false"),
        (
            "test_images",
            "2.5",
            "runs.csv: test_images holds 2.5: allowed is a whole number of 0 or more",
        ),
        ("train.epochs", "4", "its name does not fit its settings"),
        ("train.epochs", "", "its name does not fit its settings"),
        ("arch.name", "n9", "its name does not fit its settings"),
        ("optimizer.lr", "0.5", "its name does not fit its settings"),
    ],
)
def test_an_impossible_run_is_named_and_the_rest_goes_on(
    unsealed: Path, column: str, value: str, told: str
) -> None:
    assert spoilt(unsealed, "runs.csv", column, value).startswith(told)


@pytest.mark.parametrize(
    ("file", "column", "value", "told"),
    [
        (
            "epochs.csv",
            "running_loss",
            "abc",
            "epochs.csv: running_loss holds abc: allowed is a number",
        ),
        (
            "epochs.csv",
            "running_loss",
            "",
            "epochs.csv: running_loss is empty: allowed is a number",
        ),
        (
            "epochs.csv",
            "running_loss",
            "inf",
            "epochs.csv: running_loss holds inf: allowed is a number",
        ),
        ("epochs.csv", "epoch", "2", "epochs.csv does not hold epochs 1 to 3, once each"),
        (
            "epochs.csv",
            "forward_ms",
            "-5",
            "epochs.csv: forward_ms holds -5.0: allowed is a number above 0",
        ),
        (
            "epochs.csv",
            "train_accuracy",
            "101",
            "epochs.csv: train_accuracy holds 101.0: allowed is a number from 0 to 100",
        ),
        (
            "errors.csv.gz",
            "image",
            "x",
            "errors.csv.gz: image holds x: allowed is a whole number of 0 or more",
        ),
        (
            "errors.csv.gz",
            "prediction",
            "1.5",
            "errors.csv.gz: prediction holds 1.5: allowed is a whole number of 0 or more",
        ),
    ],
)
def test_impossible_details_are_named_and_the_rest_goes_on(
    unsealed: Path, file: str, column: str, value: str, told: str
) -> None:
    assert spoilt(unsealed, file, column, value).startswith(told)


def test_epochs_that_are_there_twice_are_noticed(unsealed: Path) -> None:
    path = unsealed / "records" / "epochs.csv"
    epochs = pd.read_csv(path)
    pd.concat([epochs, epochs.head(1)]).to_csv(path, index=False)
    (problem,) = without_folders(unsealed).problems
    assert "does not hold epochs 1 to 3, once each" in problem


def test_a_run_without_epochs_is_named_and_the_rest_goes_on(unsealed: Path) -> None:
    path = unsealed / "records" / "epochs.csv"
    epochs = pd.read_csv(path)
    lost = epochs["run"].iloc[0]
    epochs[epochs["run"] != lost].to_csv(path, index=False)
    read = without_folders(unsealed)
    assert len(read.runs) == 4
    assert set(read.epochs["run"]) == set(read.runs["run"])
    runs = path.with_name("runs.csv")
    assert read.problems == [
        f"{runs}: {lost} left out, epochs.csv does not hold epochs 1 to 3, once each"
    ]


def test_a_run_that_is_there_twice_is_named_and_the_rest_goes_on(unsealed: Path) -> None:
    path = unsealed / "records" / "runs.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]))
    read = without_folders(unsealed)
    assert len(read.runs) == 4
    (problem,) = read.problems
    assert problem.endswith("left out, it appears more than once")


def test_details_without_their_runs_are_named(unsealed: Path) -> None:
    (unsealed / "records" / "runs.csv").unlink()
    (problem,) = without_folders(unsealed).problems
    assert "all runs of task=train left out, runs.csv cannot be read" in problem


@pytest.mark.parametrize(("value", "told"), [("abc", "holds abc"), ("", "is empty"), ("-5", "holds -5")])
def test_memory_that_is_no_number_of_bytes_is_named(
    root: Path, tmp_path: Path, value: str, told: str
) -> None:
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
    assert f"head.csv.gz: peak_bytes {told}" in problem
    assert problem.endswith("allowed is a whole number of 0 or more")


@pytest.mark.parametrize("png", ["no base64!", "bm8gcGljdHVyZQ==", ""])
def test_sample_images_that_are_none_are_named(unsealed: Path, png: str) -> None:
    row = pd.DataFrame([{"dataset": "mnist", "image": 1, "label": 0, "name": "0", "png": png}])
    row.to_csv(unsealed / "records" / "samples.csv", index=False)
    read = collect(unsealed)
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


def test_records_that_cannot_be_read_are_not_written_over(unsealed: Path) -> None:
    results = unsealed
    path = results / "records" / "runs.csv"
    broken = pd.read_csv(path, dtype=str).drop(columns="alpha").to_csv(index=False)
    path.write_text(broken)
    with pytest.raises(InputError, match="runs.csv has no column alpha; repair it or move it away"):
        collection.write(collect(results), results / "records")
    assert path.read_text() == broken


@pytest.mark.slow
def test_the_benchmark_gets_back_all_runs_that_it_makes_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "SEEDS", 1)
    assert "30 runs" in publishing.measure([30])
