"""Files appear whole or not at all."""

from pathlib import Path

import pytest
from conftest import Make

from isbe_bench.runs.files import write_atomically
from isbe_bench.runs.folder import RunFolder


def test_a_write_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, "before")

    def fail(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, "after")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_status_that_cannot_be_read_is_none(make_config: Make) -> None:
    folder = RunFolder(make_config())
    assert folder.status() is None
    folder.path.mkdir(parents=True)
    (folder.path / "status.json").write_text("{")
    assert folder.status() is None
