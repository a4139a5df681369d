"""Training: reproducible, resumable, paired across loss modes, and honest when it fails."""

import dataclasses
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch
from conftest import Make

from isbe_bench.analysis.collection import collect
from isbe_bench.execution import run
from isbe_bench.runs.folder import RunFolder, Status
from isbe_bench.runs.rows import Epoch
from isbe_bench.settings import composition, search_path
from isbe_bench.tasks.train.settings import ReadyTraining
from isbe_bench.training import checkpoints, trainer
from isbe_bench.training.trainer import Trainer

CURVES = [
    name
    for name in (field.name for field in dataclasses.fields(Epoch))
    if not name.endswith(("_ms", "_s"))
]


def written_at(config: ReadyTraining) -> int:
    return (RunFolder(config).path / "status.json").stat().st_mtime_ns


def curves(path: Path) -> pd.DataFrame:
    return pd.read_csv(path / "epochs.csv")[CURVES]


@pytest.mark.slow
def test_the_same_command_gives_the_same_bits_in_another_process(
    make_config: Make, tmp_path: Path
) -> None:
    results = []
    for name in ("first", "second"):
        overrides = ["loss=isbe_softmax", "seed=3", "train.epochs=2", f"results_dir={tmp_path / name}"]
        subprocess.run([sys.executable, "-m", "isbe_bench", *overrides], check=True, capture_output=True)
        results.append(RunFolder(make_config(*overrides)).path)
    first, second = results
    pd.testing.assert_frame_equal(curves(first), curves(second), check_exact=True)
    assert (first / "predictions.csv").read_bytes() == (second / "predictions.csv").read_bytes()
    assert len((first / "predictions.csv").read_text().splitlines()) == 1 + 360


CENTER = """
import torch
import torch.nn.functional as F
from torch import nn

class Center(nn.Module):
    def __init__(self, num_classes: int, num_features: int) -> None:
        super().__init__()
        self.centers = nn.Parameter(torch.randn(num_classes, num_features))
        self.register_buffer("steps", torch.zeros(()))

    def forward(self, scores, labels, features):
        self.steps += self.training
        distance = (features - self.centers[labels]).square().mean()
        return F.cross_entropy(scores, labels) + distance / (1 + self.steps)
"""


@pytest.fixture
def own_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A loss with weights, a buffer and features, in a folder of `--config-dir`."""
    monkeypatch.setattr(search_path, "_own", None)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "conf" / "loss").mkdir(parents=True)
    (tmp_path / "conf" / "loss" / "centers.yaml").write_text("_target_: center_loss.Center\n")
    (tmp_path / "conf" / "center_loss.py").write_text(CENTER)
    search_path.add(tmp_path / "conf")
    yield
    composition.defaults.cache_clear()


@pytest.mark.usefixtures("own_parts")
@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("optimizer=sgd", "optimizer.lr=0.05", "schedule=onecycle", "schedule.cycle_momentum=true"),
        ("optimizer=adamw", "schedule=plateau", "schedule.patience=1"),
        ("train.stop.patience=2",),
        ("train.stop.loss_change=1.0e-9", "train.stop.patience=2", "train.stop.continue=true"),
        ("loss=centers", "schedule=cosine", "schedule.interval=step"),
    ],
)
def test_resume_equals_uninterrupted(
    make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overrides: tuple[str, ...]
) -> None:
    """An interrupt in the middle of the third epoch loses that epoch alone, and changes no bit."""
    whole = make_config("train.epochs=4", f"results_dir={tmp_path / 'whole'}", *overrides)
    resumed = make_config("train.epochs=4", f"results_dir={tmp_path / 'resumed'}", *overrides)
    assert run.execute(whole).status == "done"

    interrupted_at = 3
    train = trainer.Trainer._train

    def interrupt(self: Trainer, images: object, number: int, bar: object) -> list[torch.Tensor]:
        if number == interrupted_at:
            raise KeyboardInterrupt
        return train(self, images, number, bar)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(trainer.Trainer, "_train", interrupt)
        assert run.execute(resumed).status == "interrupted"
    folder = RunFolder(resumed)
    assert folder.status() == "interrupted"
    assert len(curves(folder.path)) == 2
    assert (folder.path / "checkpoint.pt").exists()

    assert run.execute(resumed).status == "done"
    assert not (folder.path / "checkpoint.pt").exists()
    pd.testing.assert_frame_equal(curves(RunFolder(whole).path), curves(folder.path), check_exact=True)
    predictions = [
        (path / "predictions.csv").read_bytes() for path in (RunFolder(whole).path, folder.path)
    ]
    assert predictions[0] == predictions[1]


@pytest.mark.parametrize("method", ["write_rows", "write_environment", "write_predictions"])
def test_an_interrupt_after_the_last_epoch_loses_nothing(
    make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    config = make_config("train.epochs=2")
    write = getattr(RunFolder, method)
    calls = {"write_rows": 2, "write_environment": 2, "write_predictions": 1}

    def interrupt(self: RunFolder, *arguments: object) -> None:
        calls[method] -= 1
        if not calls[method]:
            raise KeyboardInterrupt
        write(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, method, interrupt)
        assert run.execute(config).status == "interrupted"
    assert run.execute(config).status == "done"
    collection = collect(tmp_path / "results")
    assert not collection.problems
    assert len(collection.epochs) == 2


@pytest.mark.parametrize(
    "content", [b"", b"hello world", b"PK\x03\x04", pickle.dumps([1]), pickle.dumps({"a": 1})]
)
def test_a_damaged_checkpoint_starts_afresh(make_config: Make, content: bytes) -> None:
    config = make_config("train.epochs=1")
    folder = RunFolder(config)
    folder.path.mkdir(parents=True)
    (folder.path / "checkpoint.pt").write_bytes(content)
    assert run.execute(config).status == "done"


def test_the_checkpoint_outlives_the_run_until_it_is_noted_as_done(
    make_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config("train.epochs=1")
    write = RunFolder._write_status

    def interrupt(self: RunFolder, status: Status, error: str | None, note: str = "") -> None:
        if status == "done":
            raise KeyboardInterrupt
        write(self, status, error, note)

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "_write_status", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run.execute(config)
    assert checkpoints.read(RunFolder(config)) is not None
    assert run.execute(config).status == "done"


def test_a_flipped_bit_in_a_checkpoint_is_noticed(make_config: Make) -> None:
    folder = RunFolder(make_config())
    folder.path.mkdir(parents=True)
    checkpoints.write(folder, {"weights": torch.ones(1000)})
    path = folder.path / "checkpoint.pt"
    whole = path.read_bytes()
    assert checkpoints.read(folder) is not None
    path.write_bytes(whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])
    assert checkpoints.read(folder) is None


def test_a_checkpoint_of_another_version_is_not_resumed(
    make_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config("train.epochs=2")

    def fail(self: Trainer) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(trainer.Trainer, "predictions", fail)
        assert run.execute(config).status == "error"
    folder = RunFolder(config)
    checkpoint = checkpoints.read(folder)
    assert checkpoint is not None
    checkpoints.write(folder, checkpoint | {"origin": checkpoint["origin"] | {"torch": "1.0"}})
    restored: list[object] = []
    monkeypatch.setattr(trainer.Trainer, "restore", lambda self, state: restored.append(state))
    assert run.execute(config).status == "done"
    assert not restored


def test_a_training_that_explodes_ends_as_diverged(make_config: Make) -> None:
    config = make_config("train.epochs=3", "optimizer.lr=1e30")
    outcome = run.execute(config)
    folder = RunFolder(config)
    status = json.loads((folder.path / "status.json").read_text())
    assert outcome.status == status["status"] == "diverged"
    assert "epoch 1" in outcome.note
    assert "DivergedError" in status["error"]
    assert not (folder.path / "predictions.csv").exists()
    assert not (folder.path / "checkpoint.pt").exists()


def test_an_error_is_recorded_with_its_traceback(
    make_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer.Trainer, "predictions", lambda self: 1 / 0)
    config = make_config("train.epochs=1")
    outcome = run.execute(config)
    status = json.loads((RunFolder(config).path / "status.json").read_text())
    assert outcome.status == status["status"] == "error"
    assert "ZeroDivisionError" in outcome.note
    assert "Traceback" in status["error"]


def test_a_run_folder_holds_what_the_contract_lists(make_config: Make) -> None:
    config = make_config("train.epochs=1", "loss=isbe_softmax")
    assert run.execute(config).status == "done"
    folder = RunFolder(config).path
    names = {
        "config.yaml",
        "status.json",
        "environment.json",
        "manifest.json",
        "epochs.csv",
        "predictions.csv",
        "diagnostics.csv",
    }
    assert {path.name for path in folder.iterdir()} == names
    assert folder.parent.name == "runs"
    environment = json.loads((folder / "environment.json").read_text())
    wanted = {
        "isbe_bench",
        "git_revision",
        "git_dirty",
        "python",
        "torch",
        "torchvision",
        "cuda",
        "cudnn",
    }
    assert wanted | {"device", "cpu", "threads", "deterministic", "allocator"} <= environment.keys()
    status = json.loads((folder / "status.json").read_text())
    assert status["started"] <= status["ended"]
    assert status["error"] is None
    header = (folder / "epochs.csv").read_text().splitlines()[0]
    assert header == (
        "epoch,lr,train_loss,train_accuracy,running_loss,validation_loss,validation_accuracy,test_loss,"
        "test_accuracy,forward_ms,backward_ms,optimizer_ms,data_ms,epoch_s"
    )


def test_done_is_skipped_unless_forced(make_config: Make) -> None:
    config = make_config("train.epochs=1")
    assert run.execute(config).note.startswith("alpha")
    written = written_at(config)
    assert run.execute(config).status == "already done"
    assert written_at(config) == written
    assert run.execute(config.model_copy(update={"force": True})).note.startswith("alpha")
    assert written_at(config) > written


def test_a_run_that_another_process_is_at_is_left_alone(make_config: Make) -> None:
    config = make_config("train.epochs=1")
    with RunFolder(config).lock():
        outcome = run.execute(config)
    assert outcome.status == "busy"
    assert not RunFolder(config).path.exists()
