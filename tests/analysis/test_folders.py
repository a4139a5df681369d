"""Run folders: what is broken in one is named, and costs no other run."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import Make
from recorded import as_version_0_1, record

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect, write
from isbe_bench.execution import run
from isbe_bench.publication import tables
from isbe_bench.runs.folder import RunFolder

AGAIN = "; repeat the isbe-bench command with force=true"


def test_collect_names_what_it_leaves_out(make_config: Make, tmp_path: Path) -> None:
    results = tmp_path / "results"
    folders = []
    for seed in range(5):
        config = make_config("train.epochs=1", f"seed={seed}")
        run.execute(config)
        folders.append(RunFolder(config).path)
        as_version_0_1(folders[-1])
    cut, column, status, empty, good = folders
    (cut / "epochs.csv").write_text("epoch,lr\n")
    (column / "epochs.csv").write_text(
        (column / "epochs.csv").read_text().replace("test_accuracy", "other")
    )
    (status / "status.json").write_text(json.dumps({"status": "interrupted"}))
    (empty / "config.yaml").write_text("")
    (results / "runs" / "no-status").mkdir()

    collection = collect(results)
    assert collection.runs["run"].tolist() == [good.name]
    assert set(collection.epochs["run"]) == {good.name}
    problems = {Path(line.split(": ")[0]).name: line for line in collection.problems}
    assert problems.keys() == {cut.name, column.name, status.name, empty.name, "no-status"}
    assert "no column train_loss" in problems[cut.name]
    assert "no column test_accuracy" in problems[column.name]
    assert "its status is interrupted" in problems[status.name]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: (folder / "predictions.csv").unlink(), "predictions.csv is missing"),
        (
            lambda folder: (folder / "predictions.csv").write_text("label\n1\n"),
            "predictions.csv was changed after the run wrote it",
        ),
        (
            lambda folder: (folder / "epochs.csv").write_text((folder / "epochs.csv").read_text()[:-40]),
            "epochs.csv was changed after the run wrote it",
        ),
        (
            lambda folder: (folder / "environment.json").write_text("{}"),
            "environment.json was changed after the run wrote it",
        ),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json cannot be read"),
        (
            lambda folder: (folder / "config.yaml").write_text("task: train\nseed: 7\n"),
            "config.yaml was changed after the run wrote it",
        ),
    ],
)
def test_a_file_that_is_not_as_the_run_wrote_it_is_named(
    make_config: Make, tmp_path: Path, damage: Callable[[Path], None], told: str
) -> None:
    folder = record(make_config, 98.0).path
    record(make_config, 99.0, "seed=1")
    damage(folder)
    read = collect(tmp_path / "results")
    assert read.runs["alpha"].tolist() == [99.0]
    (problem,) = read.problems
    assert problem.startswith(f"{folder}: left out, {told}")
    assert problem.endswith(AGAIN)


def test_a_finished_run_has_a_manifest_of_all_its_files(make_config: Make) -> None:
    folder = record(make_config, 98.0).path
    names = {path.name for path in folder.iterdir()}
    assert set(json.loads((folder / "manifest.json").read_text())) == names - {
        "manifest.json",
        "status.json",
    }


def test_notes_beside_a_run_do_no_harm(make_config: Make, tmp_path: Path) -> None:
    folder = record(make_config, 98.0).path
    (folder / "notes.txt").write_text("a good one")
    (folder / ".DS_Store").write_text("")
    read = collect(tmp_path / "results")
    assert len(read.runs) == 1
    assert read.problems == []


def test_an_edited_configuration_is_named(make_config: Make, tmp_path: Path) -> None:
    folder = record(make_config, 98.0).path
    (folder / "manifest.json").unlink()
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("seed: 0", "seed: 1"))
    (problem,) = collect(tmp_path / "results").problems
    assert problem.endswith("left out, its name does not fit its config.yaml: a copy, or edited?")


def test_a_copy_of_a_folder_is_named(make_config: Make, tmp_path: Path) -> None:
    folder = record(make_config, 98.0).path
    shutil.copytree(folder, folder.with_name("copy"))
    read = collect(tmp_path / "results")
    assert read.runs["run"].tolist() == [folder.name]
    (problem,) = read.problems
    assert problem.endswith("copy: left out, its name does not fit its config.yaml: a copy, or edited?")


@pytest.mark.parametrize(
    ("file", "column", "value", "told"),
    [
        ("epochs.csv", "epoch", "7", "epochs.csv does not hold epochs 1 to 3, once each"),
        ("epochs.csv", "lr", "", "epochs.csv: lr is empty: allowed is a number of 0 or more"),
        (
            "predictions.csv",
            "prediction",
            "x",
            "predictions.csv: prediction holds x: allowed is a whole number of 0 or more",
        ),
        (
            "predictions.csv",
            "label",
            "-1",
            "predictions.csv: label holds -1: allowed is a whole number of 0 or more",
        ),
    ],
)
def test_a_folder_without_a_manifest_is_read_with_care(
    make_config: Make, tmp_path: Path, file: str, column: str, value: str, told: str
) -> None:
    folder = record(make_config, 98.0).path
    record(make_config, 99.0, "seed=1")
    (folder / "manifest.json").unlink()
    assert collect(tmp_path / "results").problems == []
    frame = pd.read_csv(folder / file, dtype=str)
    frame.loc[0, column] = value
    frame.to_csv(folder / file, index=False)
    read = collect(tmp_path / "results")
    assert read.runs["alpha"].tolist() == [99.0]
    assert set(read.errors["run"]) == set(read.runs["run"])
    assert read.problems == [f"{folder}: left out, {told}{AGAIN}"]


def test_an_environment_that_holds_no_keys_is_named(make_config: Make, tmp_path: Path) -> None:
    folder = record(make_config, 98.0).path
    (folder / "manifest.json").unlink()
    (folder / "environment.json").write_text("[]")
    (problem,) = collect(tmp_path / "results").problems
    assert problem == f"{folder}: left out, environment.json does not hold keys and values{AGAIN}"


def test_runs_of_one_numerics_are_averaged_across_revisions(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 98.0, "seed=0", git_revision="a" * 40)
    record(make_config, 99.0, "seed=1", git_revision="b" * 40, isbe_bench="0.2.0", numerics=1)
    record(make_config, 97.0, "seed=2", git_revision="a" * 40, git_dirty=True)
    read = collect(tmp_path / "results")
    assert set(read.runs["environment.numerics"]) == {1}
    assert read.problems == ["train digits n0: 1 of 3 runs came from uncommitted changes"]
    tables.write(tables.make(Analysis(read)), tmp_path / "tables")
    frame = pd.read_csv(tmp_path / "tables" / "table3_alpha.csv")
    assert frame[frame["value"] == "mean"]["ce_mean"].tolist() == [98.0]
    assert "revision=" not in (tmp_path / "tables" / "table3_alpha.md").read_text()


def test_runs_of_different_numerics_are_named_and_not_averaged(
    make_config: Make, tmp_path: Path
) -> None:
    record(make_config, 98.0, "seed=0")
    record(make_config, 97.0, "seed=1", numerics=1)
    record(make_config, 99.0, "seed=2", numerics=2)
    read = collect(tmp_path / "results")
    (problem,) = read.problems
    assert "train digits n0: runs of different numerics are shown apart" in problem
    assert "numerics 1 (2 runs), 2 (1 runs)" in problem
    tables.write(tables.make(Analysis(read)), tmp_path / "tables")
    frame = pd.read_csv(tmp_path / "tables" / "table3_alpha.csv")
    assert sorted(frame[frame["value"] == "mean"]["ce_mean"]) == [97.5, 99.0]
    assert "environment.numerics=2" in (tmp_path / "tables" / "table3_alpha.md").read_text()


def test_only_folders_of_version_0_1_may_lack_a_manifest(make_config: Make, tmp_path: Path) -> None:
    old = record(make_config, 98.0)
    new = record(make_config, 98.0, "seed=1", numerics=1)
    for folder in (old, new):
        (folder.path / "manifest.json").unlink()
    read = collect(tmp_path / "results")
    assert read.runs["run"].tolist() == [old.path.name]
    (problem,) = read.problems
    assert f"{new.path.name}: left out, manifest.json is missing" in problem


def test_a_copy_of_a_run_counts_once(make_config: Make, tmp_path: Path) -> None:
    kept = record(make_config, 98.0).path
    before = len(collect(tmp_path / "results").runs)
    names = [f"copy of {kept.name}", kept.name.replace("-seed", "-copy-seed"), f"{kept.name} (2)"]
    for name in names:
        shutil.copytree(kept, kept.with_name(name))
    collection = collect(tmp_path / "results")
    assert before == len(collection.runs) == 1
    assert collection.runs["run"].tolist() == [kept.name]
    assert len(collection.problems) == len(names)
    assert f"it is a copy of {kept.name}" in " ".join(collection.problems)


def test_a_copy_of_a_recorded_run_counts_once(make_config: Make, tmp_path: Path) -> None:
    """The run in records/, its copy in runs/."""
    folder = record(make_config, 98.0).path
    write(collect(tmp_path / "results"), tmp_path / "results" / "records")
    folder.rename(folder.with_name(folder.name.replace("-seed", "-copy-seed")))
    assert len(collect(tmp_path / "results").runs) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("device", "=1+1"),
        ("device", ["a"]),
        ("torch", {"a": 1}),
        ("threads", [1]),
        ("device", "\x1b[2J"),
    ],
)
def test_an_environment_that_no_run_has_costs_that_run_alone(
    key: str, value: object, make_config: Make, tmp_path: Path
) -> None:
    good, bad = record(make_config, 98.0).path, record(make_config, 97.0, "seed=1").path
    path = bad / "environment.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    (bad / "manifest.json").unlink(missing_ok=True)
    collection = collect(tmp_path / "results")
    assert collection.runs["run"].tolist() == [good.name]
    assert f"its environment's {key} holds" in " ".join(collection.problems)
    assert all(line.isprintable() for line in collection.problems)
