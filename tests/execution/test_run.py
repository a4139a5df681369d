"""How one run ends: its outcome says what its folder says, and names no file that is not there."""

import errno
import io
import json
import os
import pickle
import signal
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import Make

from isbe_bench.execution import run
from isbe_bench.runs.folder import RunFolder, Status
from isbe_bench.tasks.train import work
from isbe_bench.tasks.train.settings import ReadyTraining

Work = Callable[[ReadyTraining, RunFolder], str]


def do(monkeypatch: pytest.MonkeyPatch, replacement: Work) -> None:
    monkeypatch.setattr(work, "run", replacement)


def take_over(ready: ReadyTraining) -> None:
    """Let the owner of the run's lock be another."""
    path = Path(ready.results_dir) / ".locks" / f"{ready.slug}.owner"
    content = {"host": "elsewhere", "process": 7, "process_started": "2026-01-01T00:00:00+00:00"}
    path.write_text(json.dumps(content | {"token": "another", "released": False}))


def files_of(folder: RunFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.path.iterdir()}


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: folder.clear(),
        lambda folder: folder.begin({"a": 1}),
        lambda folder: folder.write("checkpoint.pt", b""),
        lambda folder: folder.write_manifest(),
        lambda folder: folder.write_environment({"a": 1}),
        lambda folder: folder.write_predictions([1], [1]),
    ],
)
def test_a_run_that_was_taken_over_is_busy_and_nothing_of_it_is_changed(
    make_config: Make, monkeypatch: pytest.MonkeyPatch, change: Callable[[RunFolder], None]
) -> None:
    found: dict[str, bytes] = {}

    def act(ready: ReadyTraining, folder: RunFolder) -> str:
        folder.begin({})
        take_over(ready)
        found.update(files_of(folder))
        change(folder)
        return "never"

    do(monkeypatch, act)
    ready = make_config()
    outcome = run.execute(ready)
    assert (outcome.status, outcome.note) == ("busy", "taken over by process 7 on elsewhere")
    assert outcome.trace is None
    assert files_of(RunFolder(ready)) == found


@pytest.mark.parametrize(
    ("raised", "status"),
    [(None, "busy"), (OSError("gone"), "busy"), (KeyboardInterrupt(), "interrupted")],
)
def test_a_run_that_was_taken_over_ends_as_such_whatever_else_happens(
    make_config: Make, monkeypatch: pytest.MonkeyPatch, raised: BaseException | None, status: Status
) -> None:
    def act(ready: ReadyTraining, folder: RunFolder) -> str:
        folder.begin({})
        take_over(ready)
        if raised:
            raise raised
        return ""

    do(monkeypatch, act)
    outcome = run.execute(make_config())
    assert (outcome.status, outcome.note) == (status, "taken over by process 7 on elsewhere")


@pytest.mark.parametrize(
    ("raised", "status"),
    [(None, "error"), (RuntimeError("the reason"), "error"), (KeyboardInterrupt(), "interrupted")],
)
def test_a_full_disk_is_said_and_no_trace_is_named_that_is_not_there(
    make_config: Make, monkeypatch: pytest.MonkeyPatch, raised: BaseException | None, status: Status
) -> None:
    def full(self: RunFolder, status: Status, error: str | None, note: str) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    def act(ready: ReadyTraining, folder: RunFolder) -> str:
        folder.begin({})
        monkeypatch.setattr(RunFolder, "_write_status", full)
        if raised:
            raise raised
        return ""

    do(monkeypatch, act)
    outcome = run.execute(make_config())
    assert (outcome.status, outcome.trace) == (status, None)
    assert outcome.note == "its folder cannot be written: [Errno 28] no space left on device"


def test_an_error_before_the_run_has_begun_is_shown_itself(
    make_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(ready: ReadyTraining, folder: RunFolder) -> str:
        raise OSError(errno.EMFILE, "too many open files")

    do(monkeypatch, act)
    outcome = run.execute(make_config())
    assert (outcome.status, outcome.trace) == ("error", None)
    assert outcome.note == "OSError: [Errno 24] too many open files"


def test_a_trace_that_is_named_is_there(make_config: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def act(ready: ReadyTraining, folder: RunFolder) -> str:
        folder.begin({})
        raise RuntimeError("the reason")

    do(monkeypatch, act)
    outcome = run.execute(make_config())
    assert outcome.trace
    assert "RuntimeError: the reason" in json.loads(outcome.trace.read_text())["error"]


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def whole(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4, "big") + content


def saved(content: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return whole(buffer.getvalue())


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_checkpoint_that_is_a_pipe_is_not_waited_for(
    make_config: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = make_config("train.epochs=1")
    folder = RunFolder(ready)
    folder.path.mkdir(parents=True)
    os.mkfifo(folder.path / "checkpoint.pt")
    assert run.execute(ready).status == "done"
    assert (
        "checkpoint.pt cannot be read (ValueError: checkpoint.pt is not a file"
        in capsys.readouterr().out
    )


def test_an_unreadable_checkpoint_is_said_and_the_run_starts_afresh(
    make_config: Make,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ready = make_config("train.epochs=1")
    path = RunFolder(ready).path / "checkpoint.pt"
    with monkeypatch.context() as patch:
        patch.setattr(work.Recorder, "end", lambda *_: signal.raise_signal(signal.SIGINT))
        assert run.execute(ready).status == "interrupted"
    good = torch.load(io.BytesIO(path.read_bytes()[4:]), weights_only=True)
    trainer = good["trainer"]
    first, weights = next(iter(trainer["modules"].items()))
    contents = [
        whole(b"garbage"),
        whole(pickle.dumps({"a": 1})),
        saved([1]),
        saved(Evil(tmp_path / "executed")),
        saved({key: good[key] for key in good if key != "origin"}),
        saved(good | {"epochs": [{"epoch": 1}]}),
        saved(good | {"epochs": []}),
        saved(good | {"trainer": trainer | {"epochs_done": 99}}),
        saved(good | {"trainer": trainer | {"epochs_done": 0}, "epochs": []}),
        saved(good | {"trainer": {key: trainer[key] for key in trainer if key != "optimizer"}}),
        saved(good | {"trainer": trainer | {"modules": trainer["modules"] | {first: weights[:1]}}}),
    ]
    capsys.readouterr()
    (path.parent / "predictions.csv").unlink(missing_ok=True)
    for content in contents:
        path.write_bytes(content)
        with monkeypatch.context() as patch:
            patch.setattr(work.Recorder, "end", lambda *_: signal.raise_signal(signal.SIGINT))
            assert run.execute(ready).status == "interrupted"
        said = capsys.readouterr().out
        assert said.count("checkpoint.pt cannot be read (") == 1, said
        assert said.endswith("; starting afresh\n")
        assert len(said) < 300
    assert not (tmp_path / "executed").exists()
    assert run.execute(ready).status == "done"  # from the last attempt, which left a good one
    assert capsys.readouterr().out == ""
