"""`scripts/distributions.py`: which Pythons it tries, and what it refuses before it builds."""

import sys
from pathlib import Path

import distributions
import pytest
from packaging.specifiers import SpecifierSet

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What `make dist` says of a command line that it refuses."""
    monkeypatch.setattr(sys, "argv", ["distributions.py", *words])
    assert distributions.main() == 1
    return capsys.readouterr().err


def test_a_python_that_is_asked_for_takes_precedence() -> None:
    assert distributions._pythons(SpecifierSet(f"=={HERE}"), []) == {HERE: sys.executable}
    named = str(Path(sys.executable).with_name("python"))
    assert distributions._pythons(SpecifierSet(f"=={HERE}"), [named]) == {HERE: named}


def test_what_cannot_be_tried_is_refused_before_anything_is_built(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    absent = str(tmp_path / "python")
    assert f"--python {absent}: allowed is" in refused(monkeypatch, capsys, "--python", absent)
    assert "--whole 3.99: allowed is" in refused(monkeypatch, capsys, "--whole", "3.99")
    assert f"--out {file}: allowed is a folder" in refused(monkeypatch, capsys, "--out", str(file))


def test_a_folder_of_the_users_keeps_its_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("notes.txt", "isbe_bench-0.1.0.tar.gz"):
        (tmp_path / name).touch()
    monkeypatch.setattr(distributions, "_run", lambda *command, cwd=None: None)
    assert distributions._build(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
