"""Files appear whole or not at all."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Make

from isbe_bench.runs import files
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


def test_a_file_is_flushed_before_it_gets_its_name_and_its_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    steps: list[str] = []
    flush = os.fsync

    def fsync(descriptor: int) -> None:
        flush(descriptor)
        what = "folder" if os.path.samestat(os.fstat(descriptor), tmp_path.stat()) else "file"
        steps.append(f"{what}, {'named' if path.exists() else 'not named'}")

    monkeypatch.setattr("os.fsync", fsync)
    write_atomically(path, "content")
    assert steps == ["file, not named", "folder, named"]


def test_files_of_a_block_are_written_when_it_ends(
    make_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(make_config())
    folder.path.mkdir(parents=True)
    flushed: list[Path] = []
    monkeypatch.setattr(files, "flush_folder", flushed.append)
    with folder.together():
        folder.write("a", "1")
        folder.write("b", "2")
        assert not list(folder.path.iterdir())
    assert {path.name: path.read_text() for path in folder.path.iterdir()} == {"a": "1", "b": "2"}
    assert flushed == [folder.path]
    with contextlib.suppress(KeyboardInterrupt), folder.together():
        folder.write("a", "3")
        raise KeyboardInterrupt
    folder.write("b", "4")
    assert {path.name: path.read_text() for path in folder.path.iterdir()} == {"a": "1", "b": "4"}


def test_a_new_folder_is_flushed_into_each_folder_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr(files, "flush_folder", flushed.append)
    files.make_folder(tmp_path / "a" / "b")
    assert set(flushed) == {tmp_path, tmp_path / "a"}
    files.make_folder(tmp_path / "a" / "b")
    assert len(flushed) == 2


KILLED = """
import os, signal, sys
from pathlib import Path
from isbe_bench.runs import files
signals = [int(sys.argv[2])]
os.fsync = lambda descriptor: signals and os.kill(os.getpid(), signals.pop())
files.write_atomically(Path(sys.argv[1]), "content")
"""


def test_what_a_killed_process_left_is_removed_by_the_next_write(tmp_path: Path) -> None:
    path = tmp_path / "file"
    subprocess.run([sys.executable, "-c", KILLED, str(path), str(int(signal.SIGKILL))], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    assert not path.exists()
    write_atomically(tmp_path / "another", "content")
    assert [each.name for each in tmp_path.iterdir()] == ["another"]


def test_what_a_living_process_is_writing_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), str(int(signal.SIGSTOP))]
    ) as process:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        (partial,) = tmp_path.iterdir()
        write_atomically(tmp_path / "another", "content")
        stayed = partial.exists()
        process.send_signal(signal.SIGCONT)
    assert stayed
    assert path.read_text() == "content"
    assert not partial.exists()


@pytest.mark.parametrize("name", [".file.7@elsewhere.partial", ".file.7.partial"])
def test_what_another_machine_left_is_removed_after_an_hour(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "content").write_text("")
    write_atomically(tmp_path / "a", "")
    assert (tmp_path / name).exists()
    then = time.time() - 2 * 3600
    os.utime(tmp_path / name, (then, then))
    write_atomically(tmp_path / "a", "")
    assert not (tmp_path / name).exists()


def test_other_hidden_files_stay(tmp_path: Path) -> None:
    names = {".partial", ".gitignore", f".x.y@{socket.gethostname()}.partial", "file.1.partial"}
    for name in names:
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (0, 0))
    files.remove_abandoned(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == names


def test_clearing_a_run_leaves_all_of_it_or_nothing(
    make_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(make_config())
    folder.begin({})
    folder.end("done")
    before = {each.name for each in folder.path.iterdir()}

    def killed(path: Path, ignore_errors: bool) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", lambda *paths: killed(paths[0], True))
        with pytest.raises(SystemExit):
            folder.clear()
        assert {each.name for each in folder.path.iterdir()} == before
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", killed)
        with pytest.raises(SystemExit):
            folder.clear()
        assert not folder.path.exists()
    folder.begin({})
    folder.clear()
    assert not folder.path.exists()
    assert not list(folder.path.parents[1].rglob("*.partial"))


def test_nothing_is_written_through_a_link_in_place_of_a_partial_file(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("kept")
    folder = tmp_path / "results"
    folder.mkdir()
    files.partial_of(folder / "a").symlink_to(outside)
    write_atomically(folder / "a", "new")
    assert (outside.read_text(), (folder / "a").read_text()) == ("kept", "new")
    assert not (folder / "a").is_symlink()
