"""Files appear whole or not at all, and what cannot be read is named and left out."""

import json
from pathlib import Path

import pytest
from conftest import Make

from isbe_bench.analysis.collection import collect
from isbe_bench.execution import run
from isbe_bench.runs.folder import RunFolder, write_atomically


def test_a_write_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, "before")

    def fail(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:2])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, "after")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_collect_names_what_it_leaves_out(make_config: Make, tmp_path: Path) -> None:
    results = tmp_path / "results"
    folders = []
    for seed in range(5):
        config = make_config("train.epochs=1", f"seed={seed}")
        run.execute(config)
        folders.append(RunFolder(config).path)
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


def test_a_status_that_cannot_be_read_is_none(make_config: Make) -> None:
    folder = RunFolder(make_config())
    assert folder.status() is None
    folder.path.mkdir(parents=True)
    (folder.path / "status.json").write_text("{")
    assert folder.status() is None
