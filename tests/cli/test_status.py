"""`isbe-bench status`, as a user sees it."""

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import Make

from isbe_bench.cli import results as words
from isbe_bench.errors import InputError
from isbe_bench.runs import sweeps
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import Epoch
from isbe_bench.tasks.train.settings import ReadyTraining

COMMAND = "isbe-bench -m ..."
CURVES = (0.01, 1.0, 50.0, 1.0, 1.0, 50.0, 1.0, 50.0, 1.0, 1.0, 1.0, 1.0)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def end_sweeps(results: Path) -> None:
    """Let the processes of all sweeps be gone."""
    for path in (results / "sweeps").iterdir():
        text = re.sub(r'"process_ticks": "', '"process_ticks": "another boot ', path.read_text())
        path.write_text(text)


def list_runs(results: Path, runs: Sequence[ReadyTraining]) -> None:
    sweeps.write(results, COMMAND, {run.slug: run.title for run in runs})


def status(results: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[list[str]]:
    """The cells of the table, without its head, and each of the other lines."""
    assert words.main(["status", str(results), *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line[:1] == "|"]
    return rows[2:] + [[line] for line in lines if line and line[:1] != "|"]


def test_each_run_that_is_not_done_has_a_line(
    make_config: Make, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [make_config("train.epochs=10", f"seed={seed}") for seed in range(6)]
    list_runs(results, runs)
    folders = [RunFolder(run) for run in runs[:5]]
    for folder in folders:
        folder.begin({})
        folder.write_rows("epochs.csv", [Epoch(1, *CURVES, 30.0), Epoch(2, *CURVES, 40.0)])
    folders[1].end("interrupted", KeyboardInterrupt())
    folders[2].end("error", RuntimeError("no memory"))
    folders[3].end("done")
    folders[4].end("done")
    title, finished = "n0 digits ce_mean seed", "epoch 2 of 10"
    table = status(results, capsys)
    note = table[0].pop()
    assert re.fullmatch(r"process \d+ on \S+, since \d\d:\d\d", note)
    worker = note.partition(",")[0]
    assert table == [
        [f"{title} 0", "running", finished, "about 5 min"],
        [f"{title} 1", "interrupted", finished, "", ""],
        [f"{title} 2", "failed", finished, "", "RuntimeError: no memory"],
        [f"{title} 5", "waiting", "", "", f"{worker} will come to it"],
        [f"{title} 2: traceback in {folders[2].path / 'status.json'}"],
        ["6 runs: 2 done, 1 running, 1 interrupted, 1 failed, 1 waiting; 2 without a line (--all)"],
    ]
    assert len(status(results, capsys, "--all")) == 6 + 2
    end_sweeps(results)
    *_, missing, _, _, question, answer = status(results, capsys)
    assert missing == [f"{title} 5", "missing", "", "", ""]
    assert question == ["To go on with what is left:"]
    assert answer == [f"  {COMMAND}"]


def test_runs_that_are_done_are_counted(
    make_config: Make, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (0, 1):
        folder = RunFolder(make_config(f"seed={seed}"))
        folder.begin({})
        folder.end("done")
    assert status(results, capsys) == [["2 runs: 2 done"]]
    assert [row[1] for row in status(results, capsys, "--all")[:2]] == ["done", "done"]


def test_many_missing_runs_do_not_fill_the_screen(
    make_config: Make, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    list_runs(results, [make_config(f"seed={seed}") for seed in range(20)])
    end_sweeps(results)
    table = status(results, capsys)
    assert [row[1] for row in table[:5]] == ["missing"] * 5
    assert table[5] == ["20 runs: 20 missing; 15 without a line (--all)"]
    assert [row[1] for row in status(results, capsys, "--all")[:20]] == ["missing"] * 20


@pytest.mark.parametrize("exists", [False, True])
def test_a_folder_without_runs_is_named(results: Path, exists: bool) -> None:
    if exists:
        (results / "records").mkdir(parents=True)
    with pytest.raises(InputError, match=f"^RESULTS_DIR={results}: has no run") as caught:
        words.main(["status", str(results)])
    assert "\n" not in str(caught.value)


def test_watch_draws_again_until_it_is_interrupted(
    make_config: Make,
    results: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = RunFolder(make_config())
    folder.begin({})
    naps = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        folder.end("done")
        if len(naps) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", sleep)
    assert words.main(["status", str(results), "--watch"]) == 0
    printed = capsys.readouterr()
    assert [line for line in printed.out.splitlines() if line[:1] == "1"] == [
        "1 run: 1 running",
        "1 run: 1 done",
    ]
    assert printed.err == ""


def test_it_imports_no_torch(make_config: Make, results: Path) -> None:
    RunFolder(make_config()).begin({})
    code = """
import sys
from isbe_bench.cli import results
assert results.main(["status", sys.argv[1]]) == 0
heavy = {"torch", "torchvision", "sklearn", "hydra"} & set(sys.modules)
assert not heavy, heavy
"""
    command = [sys.executable, "-c", code, str(results)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
