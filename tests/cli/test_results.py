"""The words of the command that work on a results folder."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import Make
from recorded import record, sample_rows

from isbe_bench.analysis.collection import collect
from isbe_bench.catalogue.datasets import SAMPLED
from isbe_bench.cli import results as words
from isbe_bench.data import samples
from isbe_bench.errors import InputError


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def results(make_config: Make, tmp_path: Path) -> Path:
    record(make_config, 98.0)
    return tmp_path / "results"


def test_each_word_writes_its_files_and_publish_writes_the_same(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written: dict[str, bytes] = {}
    for word, name in (
        ("tables", "tables/table3_alpha.md"),
        ("figures", "figures/table3_alpha.png"),
        ("report", "report.html"),
    ):
        assert words.main([word, str(results)]) == 0
        paths = lines(capsys)
        assert str(results / name) in paths
        written |= {path: Path(path).read_bytes() for path in paths}
    assert words.main(["publish", str(results)]) == 0
    assert {path: Path(path).read_bytes() for path in lines(capsys)} == written
    assert words.main(["records", str(results)]) == 0
    assert str(results / "records" / "runs.csv") in lines(capsys)


def test_the_default_folder_is_results(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(results.parent)
    assert words.main(["tables"]) == 0
    assert "results/tables/table3_alpha.csv" in lines(capsys)


def test_publishing_imports_no_torch(results: Path) -> None:
    code = """
import sys
from isbe_bench.cli import results
assert results.main(["publish", sys.argv[1]]) == 0
assert results.main(["records", sys.argv[1]]) == 0
heavy = {"torch", "torchvision", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""
    command = [sys.executable, "-c", code, str(results)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("exists", [False, True])
def test_no_results_are_named_and_nothing_is_left(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "results"
    if exists:
        folder.mkdir()
    for word in ("tables", "figures", "report", "records", "publish"):
        with pytest.raises(InputError, match=f"^RESULTS_DIR={folder}: ") as caught:
            words.main([word, str(folder)])
        assert "\n" not in str(caught.value)
    assert not list(folder.glob("*"))


def test_a_place_that_cannot_be_written_to_is_named(results: Path) -> None:
    (results / "tables").write_text("a file")
    with pytest.raises(InputError, match=f"RESULTS_DIR={results}: cannot be written to"):
        words.main(["tables", str(results)])


def test_runs_that_give_no_table_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples.write(sample_rows("mnist"), tmp_path)
    assert words.main(["tables", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "these runs give no tables\n"


# --- sample images --------------------------------------------------------------------------------


def test_sample_images_need_one_of_the_data_sets(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        words.main(["samples", str(tmp_path / "results"), "--data", str(tmp_path)])
    assert str(caught.value) == (
        f"--data={tmp_path}: has neither MNIST/raw nor cifar-10-batches-py; "
        "allowed is a folder with torchvision's files of MNIST or CIFAR-10"
    )
    assert not (tmp_path / "results").exists()


def test_damaged_files_are_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    with pytest.raises(InputError, match="mnist could not be read") as caught:
        words.main(["samples", str(tmp_path / "results"), "--data", str(tmp_path)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("names", [["mnist"], ["mnist", "cifar10"]])
def test_sample_images_come_back_from_their_record(tmp_path: Path, names: list[str]) -> None:
    written = pd.concat([sample_rows(name) for name in names])
    path = samples.write(written, tmp_path)
    assert path == tmp_path / "records" / "samples.csv"
    read = collect(tmp_path)
    assert read.problems == []
    assert read.samples["png"].tolist() == written["png"].tolist()


DATA = os.environ.get("ISBE_BENCH_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="ISBE_BENCH_DATA names no folder with the files")


@pytest.mark.real_data
@needs_data
def test_sample_images_are_the_first_of_each_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words.main(["samples", str(tmp_path), "--data", DATA]) == 0
    path = tmp_path / "records" / "samples.csv"
    assert capsys.readouterr().out == f"{path}\n"
    assert path.stat().st_size < 60_000
    read = collect(tmp_path).samples
    assert read["dataset"].tolist() == ["mnist"] * 10 + ["cifar10"] * 10
    assert read["label"].tolist() == [*range(10), *range(10)]
    assert read.loc[read["dataset"] == "mnist", "image"].tolist() == [1, 3, 5, 7, 2, 0, 13, 15, 17, 4]
    assert read.loc[read["dataset"] == "cifar10", "image"].tolist() == [29, 4, 6, 9, 3, 27, 0, 7, 8, 1]


@pytest.mark.real_data
@needs_data
def test_one_data_set_is_enough_for_sample_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "MNIST").symlink_to(Path(DATA).absolute() / "MNIST")
    assert words.main(["samples", str(tmp_path / "results"), "--data", str(tmp_path)]) == 0
    error = capsys.readouterr().err
    assert error == f"without cifar10: --data={tmp_path} has no {SAMPLED['cifar10'].folder}\n"
    assert set(collect(tmp_path / "results").samples["dataset"]) == {"mnist"}
