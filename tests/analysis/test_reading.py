"""Reading runs back: without torch, and of any task."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from conftest import Make
from recorded import make_own, record

from isbe_bench import tasks
from isbe_bench.analysis import collection
from isbe_bench.analysis.collection import collect
from isbe_bench.runs import manifest
from isbe_bench.settings import identity

HEAVY = {"torch", "torchvision", "sklearn"}


def test_reading_imports_no_torch(root: Path) -> None:
    results = root / "results" / "cpu"
    script = (
        "import sys; from pathlib import Path; from isbe_bench.analysis.collection import collect; "
        f"assert len(collect(Path({str(results)!r})).runs) > 90; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()


@dataclasses.dataclass(frozen=True)
class Echo:
    delay_ms: float
    heard: str


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A results folder with a run of a task of the user's own."""
    names, find = tasks.names(), tasks.find
    echo_task = SimpleNamespace(files={"echo.csv": Echo})
    monkeypatch.setattr(tasks, "names", lambda: (*names, "echo"))
    monkeypatch.setattr(tasks, "find", lambda name: echo_task if name == "echo" else find(name))
    config = {"task": "echo", "seed": 3, "device": {"name": "cpu", "index": 0}, "echo": {"loud": True}}
    flat = {key: value for key, value in identity.flatten(config).items() if key != "device.index"}
    folder = tmp_path / "runs" / f"echo-seed3-{identity.digest(flat)}"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.dump(config))
    (folder / "environment.json").write_text(json.dumps({"device": "a CPU", "numerics": 1}))
    (folder / "echo.csv").write_text("delay_ms,heard\n1.5,yes\n2.5,no\n")
    manifest.write(folder)
    status = {"status": "done", "started": "2026-01-01T00:00:00+00:00"}
    (folder / "status.json").write_text(json.dumps(status))
    return tmp_path


def test_a_task_that_nobody_has_heard_of_is_read(echo: Path) -> None:
    read = collect(echo)
    assert read.problems == []
    measurements = read.measurements["echo"]
    (row,) = measurements.runs.to_dict("records")
    assert (row["seed"], row["device"], row["echo.loud"]) == (3, "a CPU", True)
    assert row["started"] == "2026-01-01T00:00:00+00:00"
    assert measurements.samples["heard"].tolist() == ["yes", "no"]
    assert set(measurements.samples["run"]) == {row["run"]}


def test_its_records_are_kept_and_read_back(echo: Path) -> None:
    written = collection.write(collect(echo), echo / "records")
    assert [path.name for path in written] == ["echo_runs.csv", "echo.csv"]
    before = collect(echo).measurements["echo"]
    shutil.rmtree(echo / "runs")
    after = collect(echo).measurements["echo"]
    assert after.runs.to_dict("records") == before.runs.to_dict("records")
    assert after.samples.equals(before.samples)


def test_a_task_that_is_not_registered_is_named(echo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    read = collect(echo)
    assert read.empty
    (problem,) = read.problems
    assert problem.endswith("left out, task=echo is not known here")


def test_a_training_with_parts_of_the_users_own_is_read(make_config: Make, tmp_path: Path) -> None:
    folder = record(make_config, 98.0, "dataset=mnist")
    own = {"name": "own"}
    make_own(folder, loss={"name": "focal", "gamma": 2.0}, arch=own, dataset=own)
    for _ in range(2):
        read = collect(tmp_path / "results")
        assert read.problems == []
        (row,) = read.runs.to_dict("records")
        assert (row["dataset"], row["net"], row["mode"]) == ("own", "own", "focal")
        assert (row["alpha"], row["loss.gamma"]) == (98.0, 2.0)
        collection.write(read, tmp_path / "results" / "records")
        shutil.rmtree(tmp_path / "results" / "runs", ignore_errors=True)
