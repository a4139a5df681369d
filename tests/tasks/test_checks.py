"""A results folder that cannot be written is refused, with the reason that is true."""

import os
import types
from pathlib import Path

import pytest

from isbe_bench.errors import InputError
from isbe_bench.tasks import checks


@pytest.mark.parametrize(
    ("flag", "other", "reason"),
    [
        (getattr(os, "ST_RDONLY", 1), 0, "is on a file system that is mounted read-only"),
        (0, 1, "belongs to another user"),
        (0, 0, "is write-protected"),
    ],
)
def test_why_a_folder_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: int, other: int, reason: str
) -> None:
    user = tmp_path.stat().st_uid + other
    monkeypatch.setattr("os.access", lambda path, mode: False)
    monkeypatch.setattr("os.statvfs", lambda path: types.SimpleNamespace(f_flag=flag))
    monkeypatch.setattr("os.geteuid", lambda: user)
    with pytest.raises(InputError, match=f"because {tmp_path} {reason}; allowed is"):
        checks.check_results_dir(str(tmp_path / "results"))


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file; allowed is"):
        checks.check_results_dir(str(tmp_path / "file"))
