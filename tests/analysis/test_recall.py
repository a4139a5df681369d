"""Recall by class and top-5 accuracy, from run folders and from records of any age."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import Make
from recorded import record

from isbe_bench.analysis import Analysis, collection
from isbe_bench.analysis.collection import Collection, collect

RANKS = [6] * 36 + [1] * 324
"""Of the 360 digits: the label is beyond the first five for a tenth."""


@pytest.fixture
def results(make_config: Make, tmp_path: Path) -> Path:
    """Two seeds with 36 and 18 wrong images, which are of the classes 1 and 2 in turn; their records."""
    record(make_config, 90.0, "seed=0", ranks=RANKS)
    record(make_config, 95.0, "seed=1", ranks=RANKS)
    folder = tmp_path / "results"
    collection.write(collect(folder), folder / "records")
    return folder


def read_records(results: Path) -> Collection:
    shutil.rmtree(results / "runs", ignore_errors=True)
    return collect(results)


def recalls(read: Collection) -> dict[int, list[float]]:
    (group,) = Analysis(read).trainings
    return {int(str(label)): values.tolist() for label, values in group.images.recall().items()}


def test_recall_is_the_percentage_of_a_class_that_is_right(results: Path) -> None:
    assert collect(results).runs["class_images"].tolist() == [{"1": 180, "2": 180}] * 2
    assert recalls(collect(results)) == {1: [90.0, 95.0], 2: [90.0, 95.0]}


def test_top_5_is_the_percentage_of_labels_among_the_first_five(results: Path) -> None:
    (group,) = Analysis(collect(results)).trainings
    mean = group.top5("ce_mean")
    assert mean is not None
    assert (mean.mean, mean.count) == (90.0, 2)


def test_without_ranks_there_is_no_top_5(make_config: Make, tmp_path: Path) -> None:
    folder = record(make_config, 90.0)
    assert (folder.path / "predictions.csv").read_text().splitlines()[0] == "label,prediction"
    (group,) = Analysis(collect(tmp_path / "results")).trainings
    assert group.top5("ce_mean") is None


def test_records_hold_both(results: Path) -> None:
    before = collect(results)
    after = read_records(results)
    assert after.problems == []
    assert after.runs.to_dict("records") == before.runs.to_dict("records")
    assert recalls(after) == recalls(before)


def test_older_records_are_read_and_written_as_they_are(results: Path, tmp_path: Path) -> None:
    path = results / "records" / "runs.csv"
    old = pd.read_csv(path, dtype=str, keep_default_na=False).drop(columns=["top5", "class_images"])
    old.to_csv(path, index=False)
    (results / "records" / "manifest.json").unlink()
    read = read_records(results)
    assert read.problems == []
    assert read.runs["alpha"].tolist() == [90.0, 95.0]
    assert recalls(read) == {}
    collection.write(read, tmp_path / "again")
    for file in ("runs.csv", "errors.csv.gz", "epochs.csv"):
        assert (tmp_path / "again" / file).read_bytes() == (results / "records" / file).read_bytes()


@pytest.mark.parametrize(
    "counts",
    [
        {"1": 180, "2": 179},  # not 360
        {"1": 359, "2": 1},  # fewer than are wrong
        {"1": 360},  # a class with errors and no images
        {"one": 180, "2": 180},
        {"1": 360.0},
        {"1": 400, "2": -40},
        [180, 180],
        "many",
    ],
)
def test_numbers_of_images_that_do_not_fit_are_named(results: Path, counts: object) -> None:
    path = results / "records" / "runs.csv"
    runs = pd.read_csv(path, dtype=str, keep_default_na=False)
    runs.loc[0, "class_images"] = json.dumps(counts)
    runs.to_csv(path, index=False)
    (results / "records" / "manifest.json").unlink()
    read = read_records(results)
    assert read.runs["run"].tolist() == [runs["run"][1]]
    (problem,) = read.problems
    assert problem.endswith(
        f"{runs['run'][0]} left out, class_images does not fit its numbers of images"
    )


def test_a_top_5_accuracy_beyond_100_percent_is_named(results: Path) -> None:
    path = results / "records" / "runs.csv"
    runs = pd.read_csv(path, dtype=str, keep_default_na=False)
    runs.loc[0, "top5"] = "101"
    runs.to_csv(path, index=False)
    (results / "records" / "manifest.json").unlink()
    (problem,) = read_records(results).problems
    assert "top5 holds 101" in problem
