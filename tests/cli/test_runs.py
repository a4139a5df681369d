"""The command, as a user types it."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Start, without_announcement

from isbe_bench import __version__, cli


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, so that whatever a command leaves behind is seen."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["isbe-bench", *arguments])
    return cli.main()


def statuses(results: Path) -> dict[str, str]:
    return {
        path.parent.name: json.loads(path.read_text())["status"]
        for path in results.glob("runs/*/status.json")
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "arch=n7",
            "arch=n7: allowed is airbench, n0, n1, n1r, perceptron, resnet18, resnet50, vgg16 or vgg_zhu",
        ),
        ("task=nothing", "task=nothing: allowed is head, oracle, theory, timing or train"),
        ("-m loss=ce_mean,mse", "loss=mse: allowed is a_softmax, am_softmax, ce_mean"),
        (
            "experiment=quik",
            "experiment=quik: allowed is airbench, airbench_isbe, airbench_tune, descent, figure1, figure2",
        ),
        ("train.epoch=3", "train.epoch=3: unknown key; did you mean epochs?"),
        (
            "loss=ce_mean loss.implementation=function",
            "loss.implementation=function: unknown key; known are name",
        ),
        ("task=timing timing.rounds=0", "timing.rounds=0: allowed is an integer, 1 or more"),
        ("task=timing timing.losses=[ce_mean,mse]", "timing.losses=[ce_mean,mse]: allowed is a list"),
        ("task=timing train.epochs=3", "train.epochs=3: unknown key; task=timing does not know it"),
        ("task=timing loss=isbe_tanh", "loss=isbe_tanh: unknown key; task=timing does not know it"),
        ("task=head arch=n1", "arch=n1: unknown key; task=head does not know it"),
        ("task=timing timing.modes=[1]", "timing.modes=[1]: unknown key; known are losses"),
        ("timing.rounds=3", "timing.rounds=3: unknown key; task=train does not know it"),
        ("task=head experiment=quick", "experiment=quick: sets arch, which task=head does not know"),
        ("seed=0,1", "seed=0,1: allowed is one value, or several in a sweep, with -m"),
        ("-m train.epochs=1,-1", "train.epochs=-1: allowed is an integer, 1 or more"),
        ("-m train.batch_size=128,9999", "train.batch_size=9999: allowed is 1 to 1293"),
        ("seed", "seed: did you mean seed=VALUE?"),
        ("-m --cfg job", "Only one of --run, --multirun, --cfg"),
        ("-m seed=range(3,0)", "the sweep holds no run"),
        ("-m experiment=quick,mnist_n0", "allowed is one experiment a command"),
        ("task=[1,2]", "task=[1,2]: allowed is head, oracle, theory, timing or train"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: str,
    message: str,
) -> None:
    assert command(monkeypatch, *arguments.split()) == 1
    printed = capsys.readouterr()
    refusal = without_announcement(printed.err)
    assert refusal.startswith("isbe-bench: ")
    assert message in refusal
    assert refusal.count("\n") == 1
    assert not list(here.iterdir())


def test_help_names_every_group_and_choice(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path
) -> None:
    with pytest.raises(SystemExit) as exit_code:
        command(monkeypatch, "--help")
    assert exit_code.value.code in (None, 0)
    printed = capsys.readouterr().out
    for file in (root / "conf").glob("[!h]*/*.yaml"):
        assert file.parent.name in printed
        assert file.stem in printed
    assert "$" not in printed.replace('"$(isbe-bench', "")


def test_cfg_job_prints_the_configuration(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "--cfg", "job", "arch=n1r") == 0
    assert "name: n1r" in capsys.readouterr().out
    assert not list(here.iterdir())


def test_shell_completion(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMP_LINE", "isbe-bench loss=isbe_h")
    assert command(monkeypatch, "-sc", "query=bash") == 0
    assert capsys.readouterr().out.split() == ["loss=isbe_hardsigmoid", "loss=isbe_hardtanh"]


def test_a_sweep_runs_skips_and_goes_on_past_a_failure(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = ("-m", "loss=ce_mean,isbe_softmax", "train.epochs=1", "results_dir=out")
    assert command(monkeypatch, *sweep, "optimizer.lr=1e30,0.01") == 1
    printed = capsys.readouterr().out
    assert "4 runs: " in printed
    assert "2 done" in printed
    assert "2 diverged" in printed
    assert sorted(statuses(here / "out").values()) == ["diverged", "diverged", "done", "done"]
    assert [path.name for path in here.iterdir()] == ["out"]
    assert {path.name for path in (here / "out").iterdir()} == {"runs", "sweeps", ".locks"}

    assert command(monkeypatch, *sweep[1:3], "-m", *sweep[3:]) == 0
    assert "2 runs: 2 already done" in capsys.readouterr().out


def test_a_failing_run_is_reported_alone(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "train.epochs=1", "optimizer.lr=1e30") == 1
    assert "diverged" in capsys.readouterr().out


def test_a_command_says_at_once_what_it_is_about_to_do(here: Path) -> None:
    """Before PyTorch is imported, which takes seconds: here it cannot be imported at all."""
    (here / "torch.py").write_text("raise SystemExit(7)")
    code = "import sys; from isbe_bench.cli import main; sys.exit(main())"
    ended = subprocess.run(
        [sys.executable, "-c", code, "-m", "seed=0,1", "arch=n0,n1"],
        env=os.environ | {"PYTHONPATH": f"{here}{os.pathsep}{Path(__file__).parents[2]}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 7
    assert ended.stderr == "isbe-bench: 4 runs; loading PyTorch ...\n"
    assert ended.stdout == ""


@pytest.mark.parametrize("arguments", [["--help"], ["--cfg", "job"], ["--version"], ["status"]])
def test_nothing_is_said_where_nothing_runs(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with contextlib.suppress(SystemExit):
        command(monkeypatch, *arguments)
    assert "loading" not in capsys.readouterr().err


def test_a_plan_is_printed_and_nothing_written(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "-m", "seed=0,1", "optimizer.lr=0.1,0.2", "plan=true") == 0
    printed = capsys.readouterr().out
    assert "| n0 digits ce_mean seed 1 lr=0.2 | to start" in printed
    assert "4 runs: 4 to start; time left unknown; nothing was run" in printed
    assert not list(here.iterdir())


def test_an_interrupt_before_the_first_run_has_its_exit_code(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("isbe_bench.tasks.train.checks.check", interrupt)
    assert command(monkeypatch, "seed=0") == 130
    assert without_announcement(capsys.readouterr().err) == "isbe-bench: interrupted\n"
    assert not list(here.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_the_run_had_and_starts_no_other(
    here: Path, start: Start, kind: signal.Signals
) -> None:
    process = start(
        [sys.executable, "-m", "isbe_bench", "-m", "seed=0,1", "train.epochs=10000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + 60
    while not list(here.glob("results/runs/*/epochs.csv")):
        assert time.monotonic() < deadline, "no epoch within a minute"
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(kind)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + kind
    assert "1 interrupted, 1 not run" in printed
    assert "Traceback" not in printed
    (folder,) = here.glob("results/runs/*")
    assert list(statuses(here / "results").values()) == ["interrupted"]
    assert (folder / "checkpoint.pt").exists()
    assert len((folder / "epochs.csv").read_text().splitlines()) >= 2


@pytest.mark.slow
def test_a_killed_sweep_is_seen_and_goes_on_with_the_command_that_status_prints(
    here: Path, start: Start
) -> None:
    isbe_bench = [sys.executable, "-m", "isbe_bench"]

    def status() -> str:
        done = subprocess.run([*isbe_bench, "status"], capture_output=True, text=True, check=True)
        return done.stdout

    typed = ["-m", "seed=0,1", "train.epochs=30", "optimizer.lr=0.002"]
    process = start([*isbe_bench, *typed], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(here.glob("results/runs/*/epochs.csv")):
        assert time.monotonic() < deadline, "no epoch within a minute"
        time.sleep(0.05)
    assert f"process {process.pid} on " in status()
    process.kill()
    process.communicate()
    printed = status()
    assert re.search(r"\| n0 digits ce_mean seed 0 +\| killed +\| epoch \d+ of 30 ", printed)
    assert re.search(r"\| n0 digits ce_mean seed 1 +\| missing ", printed)
    command = printed.splitlines()[-1].split()
    assert command == ["isbe-bench", *typed]
    again = subprocess.run([*isbe_bench, *command[1:]], capture_output=True, text=True, check=True)
    assert "starting afresh" not in again.stdout
    assert status() == "2 runs: 2 done\n"


@pytest.mark.slow
def test_two_commands_share_a_sweep(here: Path, start: Start) -> None:
    sweep = [
        sys.executable,
        "-m",
        "isbe_bench",
        "-m",
        "seed=0,1,2",
        "train.epochs=2",
        "device.threads=1",
    ]
    processes = [start(sweep, stdout=subprocess.PIPE) for _ in range(2)]
    printed = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum(text.count(": done in ") for text in printed) == 3  # no run is done twice
    assert sorted(statuses(here / "results").values()) == ["done"] * 3


def test_version(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"isbe-bench {__version__}\n"


def test_python_m(here: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "isbe_bench", "arch=n7"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert (
        done.stderr
        == "isbe-bench: arch=n7: allowed is airbench, n0, n1, n1r, perceptron, resnet18, resnet50, vgg16 or vgg_zhu\n"
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the settings are glibc's")
def test_allocator_settings_are_in_force_and_recorded(here: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    for own, expected in (
        ({}, {"mmap_threshold", "trim_threshold", "top_pad"}),
        ({"MALLOC_ARENA_MAX": "2"}, {"MALLOC_ARENA_MAX"}),
    ):
        results = f"results_dir=r{len(own)}"
        subprocess.run(
            [sys.executable, "-m", "isbe_bench", "train.epochs=1", results],
            env=clean | own,
            check=True,
            capture_output=True,
        )
        (record,) = here.glob(f"r{len(own)}/runs/*/environment.json")
        assert json.loads(record.read_text())["allocator"].keys() == expected
