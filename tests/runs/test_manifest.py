"""A manifest notices every change to a folder's files."""

import hashlib
import json
from pathlib import Path

import pytest

from isbe_bench.runs import manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.csv", "b.csv", "status.json", "checkpoint.pt", ".a.csv.7.partial"):
        (tmp_path / name).write_text(name)
    manifest.write(tmp_path)
    return tmp_path


def test_a_manifest_holds_the_hash_of_each_file_but_those_that_change(folder: Path) -> None:
    content = json.loads((folder / "manifest.json").read_text())
    assert list(content) == ["a.csv", "b.csv"]
    assert content["a.csv"] == hashlib.sha256(b"a.csv").hexdigest()
    assert manifest.check(folder) == {}


def test_what_is_changed_missing_or_extra_is_named(folder: Path) -> None:
    (folder / "a.csv").write_text("A.csv")
    (folder / "b.csv").unlink()
    (folder / "c.csv").write_text("c")
    (folder / "status.json").write_text("done")
    (folder / "checkpoint.pt").unlink()
    assert manifest.check(folder) == {"a.csv": "changed", "b.csv": "missing", "c.csv": "extra"}


def test_a_folder_without_a_manifest_has_no_differences(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    (folder / "a.csv").write_text("A.csv")
    assert manifest.check(folder) == {}


@pytest.mark.parametrize("content", ["", "<<<<<<< HEAD", "7"])
def test_a_manifest_that_cannot_be_read_is_an_error(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    with pytest.raises(ValueError, match="manifest.json "):
        manifest.check(folder)


def test_recording_one_file_leaves_the_others_as_they_were_recorded(folder: Path) -> None:
    (folder / "a.csv").write_text("A.csv")
    (folder / "c.csv").write_text("c")
    manifest.update(folder, "c.csv")
    assert manifest.check(folder) == {"a.csv": "changed"}


def test_recording_one_file_vouches_for_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    manifest.update(tmp_path, "a.csv")
    assert (tmp_path / "manifest.json").exists()
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "b.csv").write_text("b")
    manifest.update(tmp_path, "b.csv")
    assert not (tmp_path / "manifest.json").exists()
