"""Progress: a bar on a terminal, elsewhere a line a minute."""

import io
import sys
import time

import pytest

from isbe_bench.progress import Progress, Work, in_words

TRAINING = Work("n0 digits", 300, "batch", stages=30, stage="epoch")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that work believes it is."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def work(clock: list[float], steps: int, seconds: float, progress: Progress) -> None:
    for _ in range(steps):
        clock[0] += seconds
        progress.advance(note=lambda: "loss 0.5")


def test_a_log_gets_a_line_a_minute(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(TRAINING) as progress:
        work(clock, 130, 1.5, progress)
    assert capsys.readouterr().err.splitlines() == [
        "n0 digits: epoch 5 of 30, batch 0 of 10, 15 s an epoch, about 6 min left, loss 0.5",
        "n0 digits: epoch 9 of 30, batch 0 of 10, 15 s an epoch, about 6 min left, loss 0.5",
        "n0 digits: epoch 13 of 30, batch 0 of 10, 15 s an epoch, about 4 min left, loss 0.5",
    ]


def test_work_of_less_than_a_minute_gets_no_line(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(TRAINING) as progress:
        work(clock, 300, 0.19, progress)
    assert capsys.readouterr().err == ""


def test_what_was_done_before_does_not_count_as_fast(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    timed = Work("timing", 100, "round", stages=5, stage="process")
    with Progress(timed, done=40) as progress:
        work(clock, 10, 6.5, progress)
    line = "timing: process 3 of 5, round 10 of 20, 130 s a process, about 5 min left, loss 0.5\n"
    assert capsys.readouterr().err == line


def test_steps_without_stages(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(Work("read train/", 100, "image")) as progress:
        for _ in range(7):
            clock[0] += 10
            progress.advance(5)
    assert capsys.readouterr().err == "read train/: image 30 of 100, about 2 min left\n"


def test_reports_without_a_new_step_give_no_line(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(TRAINING) as progress:
        clock[0] += 100
        progress.advance(0)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(TRAINING, done=100) as progress:
        progress.advance(50)
        assert progress.done == 150
    assert "n0 digits:  33%|" in terminal.getvalue()
    assert "\n" not in terminal.getvalue()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 s"),
        (89, "89 s"),
        (91, "2 min"),
        (3600, "60 min"),
        (2.34 * 3600, "2.3 h"),
        (4 * 86_400, "4.0 days"),
    ],
)
def test_durations_are_rounded_for_a_reader(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
