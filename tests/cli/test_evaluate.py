"""`isbe-bench evaluate RUN_FOLDER` as a user types it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ready_below, without_announcement
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from isbe_bench import cli
from isbe_bench.execution import run
from isbe_bench.runs import manifest
from isbe_bench.runs.folder import RunFolder
from isbe_bench.version import __version__

SMALL = ("arch=n0", "train.epochs=2", "device=cpu", "device.threads=1")
SAVED = "train.save_weights=true"
SAME = "The same predictions for 360 test images; alpha "
WEIGHTS = "weights.safetensors"
Evaluate = Callable[..., tuple[int, str, str]]


def make(results: Path, *overrides: str) -> Path:
    """The folder of a run with saved weights."""
    ready = ready_below(results, *SMALL, SAVED, *overrides)
    outcome = run.execute(ready)
    assert outcome.status == "done", outcome.note
    return RunFolder(ready).path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("trained"), "train.record_scores=true")


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Evaluate:
    """The command: exit code, stdout and stderr."""

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["isbe-bench", "evaluate", *map(str, arguments)])
        capsys.readouterr()
        code = cli.main()
        out, err = capsys.readouterr()
        return code, out, without_announcement(err)

    return command


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    """The run in a folder that a test may change."""
    return Path(shutil.copytree(trained, tmp_path / trained.name))


def differing(out: str) -> dict[tuple[str, str], tuple[int, int, str]]:
    """The table: number, how many differ, and the largest difference, by file and kind."""
    rows = [[cell.strip() for cell in line.split("|")] for line in out.splitlines()]
    found = [row[1:6] for row in rows if len(row) == 7 and row[3].isdecimal()]
    return {(file, kind): (int(count), int(differ), most) for file, kind, count, differ, most in found}


def save(folder: Path, state: dict[str, torch.Tensor], **about: str) -> None:
    """Replace the weights of a run, as if it had saved these."""
    with safe_open(folder / WEIGHTS, "pt") as file:
        before = file.metadata()
    save_file(state, folder / WEIGHTS, before | about)
    manifest.write(folder)


def test_the_same_machine_gives_the_same_bits(evaluate: Evaluate, trained: Path) -> None:
    before = {path: path.read_bytes() for path in trained.iterdir()}
    code, out, err = evaluate(trained)
    assert (code, err) == (0, "")
    alpha = pd.read_csv(trained / "epochs.csv")["test_accuracy"].iloc[-1]
    assert f"{SAME}{alpha:.2f}%, recorded {alpha:.2f}%." in out
    assert differing(out) == {
        ("predictions.csv", "label"): (360, 0, ""),
        ("predictions.csv", "prediction"): (360, 0, ""),
        ("epochs.csv", "test_loss"): (1, 0, "0"),
        ("epochs.csv", "test_accuracy"): (1, 0, "0"),
        ("diagnostics.csv", "score"): (201, 0, "0"),
        ("diagnostics.csv", "weight"): (10, 0, "0"),
        ("training_scores.npy", "score"): (14370, 0, "0"),
    }
    assert before == {path: path.read_bytes() for path in trained.iterdir()}
    assert not [path for path in trained.parents[1].iterdir() if path.name not in ("runs", ".locks")]


def test_the_file_says_what_it_is(trained: Path) -> None:
    with safe_open(trained / WEIGHTS, "pt") as file:
        assert file.metadata() == {"slug": trained.name, "version": __version__, "epoch": "2"}
    state = load_file(trained / WEIGHTS)
    assert state["network.classifier.weight"].shape == (10, 512)
    assert any(name.endswith("running_var") for name in state)
    assert WEIGHTS in json.loads((trained / "manifest.json").read_text())


AIRBENCH = (
    *("arch=airbench", "arch.widths=[8,8,8]", "optimizer=airbench_sgd", "schedule=triangle"),
    *("dataset.augmentation.flip=alternating", "targets=smooth", "train.evaluate.views=mirror_shift"),
)


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param(AIRBENCH, id="lookahead, views, weights that images give"),
        pytest.param(("classifier=scaled_bn", "loss=isbe_tanh"), id="a classifier with statistics"),
        pytest.param(("classifier=pedcc", "loss=pedcc"), id="a classifier of fixed points"),
        pytest.param(("loss=center", "train.evaluate.splits=[test]"), id="a loss with weights, and features"),
        pytest.param(("device.precision=bf16", "arch=n1"), id="bfloat16"),
    ],
)  # fmt: skip
def test_what_gave_alpha_is_saved(
    overrides: tuple[str, ...], evaluate: Evaluate, tmp_path: Path
) -> None:
    code, out, err = evaluate(make(tmp_path, *overrides))
    assert (code, err) == (0, "")
    assert SAME in out
    assert {each[1] for each in differing(out).values()} == {0}


def test_the_weights_are_those_that_early_stopping_keeps(evaluate: Evaluate, tmp_path: Path) -> None:
    folder = make(tmp_path, "train.epochs=6", "optimizer.lr=0.03", "train.stop.patience=1")
    (stopped,) = pd.read_csv(folder / "stop.csv").to_dict("records")
    epochs = pd.read_csv(folder / "epochs.csv").set_index("epoch")
    assert stopped["kept"] < stopped["epoch"]
    assert epochs["test_loss"].nunique() == len(epochs)
    code, out, _ = evaluate(folder)
    assert (code, {each[1] for each in differing(out).values()}) == (0, {0})
    assert f"recorded {epochs['test_accuracy'][stopped['kept']]:.2f}%" in out


def test_other_predictions_are_an_error_that_says_how_many(evaluate: Evaluate, copy: Path) -> None:
    state = load_file(copy / WEIGHTS)
    save(copy, state | {"network.classifier.weight": state["network.classifier.weight"].roll(1, 0)})
    code, out, _ = evaluate(copy)
    assert code == 1
    found = differing(out)
    _, count, _ = found["predictions.csv", "prediction"]
    assert count > 100
    assert f"Not the same: {count} of 360 test images predicted otherwise; alpha " in out
    assert float(found["epochs.csv", "test_loss"][2]) > 0.01
    assert float(found["training_scores.npy", "score"][2]) > 0.01


def test_other_last_bits_are_no_error(evaluate: Evaluate, copy: Path) -> None:
    state = load_file(copy / WEIGHTS)
    save(
        copy,
        {name: each * (1 + 1e-6) if each.is_floating_point() else each for name, each in state.items()},
    )
    environment = json.loads((copy / "environment.json").read_text())
    (copy / "environment.json").write_text(json.dumps(environment | {"torch": "1.0 <b>"}))
    manifest.write(copy)
    code, out, _ = evaluate(copy)
    assert code == 0
    assert SAME in out
    assert 0 < float(differing(out)["training_scores.npy", "score"][2]) < 1e-3
    assert "| torch " in out
    assert "<b>" not in out


def test_scores_are_those_that_the_training_would_have_recorded(
    evaluate: Evaluate, trained: Path, tmp_path: Path
) -> None:
    """And a pupil takes them."""
    path = tmp_path / "scores.npy"
    assert evaluate(trained, "--scores", path)[0] == 0
    assert path.read_bytes() == (trained / "training_scores.npy").read_bytes()
    pupil = make(tmp_path, "targets=teacher", f"targets.scores={path}", "train.epochs=1")
    path.unlink()
    code, out, _ = evaluate(pupil, "--scores", path)  # needs no teacher
    assert (code, SAME in out) == (0, True)
    assert np.load(path).shape == (1437, 10)


OWN_NET = """
import torch
class Tied(torch.nn.Module):
    def __init__(self, shape, num_classes: int, hidden: int) -> None:
        super().__init__()
        self.first = torch.nn.Linear(shape[0] * shape[1] * shape[2], hidden)
        self.second, self.third = torch.nn.Linear(hidden, hidden), torch.nn.Linear(hidden, hidden)
        self.third.weight = self.second.weight
        self.last = torch.nn.Linear(hidden, num_classes)
    def forward(self, images):
        hidden = torch.relu(self.first(images.flatten(1)))
        return self.last(torch.relu(self.third(torch.relu(self.second(hidden)))))
"""


@pytest.mark.slow
def test_own_parts_come_from_config_dir_alone(tmp_path: Path) -> None:
    """In processes of their own: a module that was imported stays. Two layers share their weights."""
    own = tmp_path / "own"
    (own / "arch").mkdir(parents=True)
    (own / "arch" / "tied.yaml").write_text("_target_: evaluate_tied.Tied\nhidden: 16\n")
    (own / "evaluate_tied.py").write_text(OWN_NET)

    def command(*arguments: object) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "isbe_bench", *map(str, arguments)]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)

    asked = ("arch=tied", "arch.hidden=12", *SMALL[2:], "train.epochs=1", SAVED)
    assert command("--config-dir", own, *asked).returncode == 0
    (folder,) = (tmp_path / "results" / "runs").iterdir()

    without = command("evaluate", folder)
    assert without.returncode == 1
    assert "arch.name=tied: allowed is airbench, n0" in without.stderr
    assert "--config-dir" in without.stderr

    again = command("evaluate", folder, "--config-dir", own)
    assert (again.returncode, SAME in again.stdout) == (0, True)

    (own / "evaluate_tied.py").write_text(f"{OWN_NET}# changed\n")
    changed = command("evaluate", folder, "--config-dir", own)
    assert changed.returncode == 1
    assert "this would be another run: code.evaluate_tied.Tied was " in changed.stderr


def no_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    manifest.write(folder)


def cut(folder: Path) -> None:
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:-1])
    manifest.write(folder)


def flip_a_bit(folder: Path) -> None:
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-1000] ^= 1
    (folder / WEIGHTS).write_bytes(content)


def without_a_tensor(folder: Path) -> None:
    state = load_file(folder / WEIGHTS)
    del state["network.classifier.weight"]
    save(folder, state)


def unfinished(folder: Path) -> None:
    status = json.loads((folder / "status.json").read_text())
    (folder / "status.json").write_text(json.dumps(status | {"status": "interrupted"}))


def with_fewer_images(folder: Path) -> None:
    path = folder / "predictions.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    manifest.write(folder)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (no_weights, "has no weights.safetensors that its manifest.json lists; allowed is a finished training with saved weights"),
        (lambda folder: (folder / "manifest.json").unlink(), "has no weights.safetensors that its manifest.json lists"),
        (unfinished, "has no weights.safetensors"),
        (lambda folder: (folder / WEIGHTS).unlink(), "weights.safetensors is missing after the run wrote it"),
        (flip_a_bit, "weights.safetensors was changed after the run wrote it"),
        (cut, "weights.safetensors cannot be read ("),
        (without_a_tensor, "weights.safetensors does not fit the run's network and loss"),
        (lambda folder: save(folder, load_file(folder / WEIGHTS), slug="other-0123456789"), "weights.safetensors cannot be read (it belongs to other-0123456789)"),
        (lambda folder: save(folder, load_file(folder / WEIGHTS), epoch="last"), "weights.safetensors cannot be read ("),
        (with_fewer_images, "predictions.csv has 359 rows, and there are 360 now"),
    ],
)  # fmt: skip
def test_folders_that_cannot_be_evaluated_are_refused_in_a_line(
    changed: Callable[[Path], Any], told: str, evaluate: Evaluate, copy: Path
) -> None:
    changed(copy)
    code, out, err = evaluate(copy)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"isbe-bench: RUN_FOLDER={copy}: ")
    assert told in err


def test_data_may_move_and_not_change(evaluate: Evaluate, tmp_path: Path) -> None:
    for place, shade in (("data", 0), ("other", 100)):
        for split in ("train", "test"):
            for label in ("a", "b"):
                (folder := tmp_path / place / split / label).mkdir(parents=True)
                for number in range(4):
                    pixels = np.full((16, 16), shade + 20 * number + 60 * (label == "b"), np.uint8)
                    Image.fromarray(pixels).save(folder / f"{number}.png")
    data = ("dataset=image_folder", f"dataset.root={tmp_path / 'data'}", "dataset.image_size=16")
    folder = make(
        tmp_path, *data, "dataset.channels=1", "train.batch_size=3", "dataset.validation_fraction=0.25"
    )
    assert evaluate(folder)[0] == 0
    (tmp_path / "data").rename(tmp_path / "moved")
    code, out, _ = evaluate(folder, "--data", tmp_path / "moved")
    assert (code, "The same predictions for 8 test images" in out) == (0, True)
    code, out, err = evaluate(folder, "--data", tmp_path / "other")
    assert (code, out) == (1, "")
    assert "this would be another run: dataset.fingerprint was " in err
    assert (
        f"dataset.root={tmp_path / 'data'}: is no folder here; allowed is --data DIR"
        in evaluate(folder)[2]
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "arguments are required: RUN_FOLDER"),
        (("nowhere",), "RUN_FOLDER=nowhere: allowed is the folder of a run"),
        (("{}", "--config-dir", "nowhere"), "--config-dir nowhere: allowed is an existing folder"),
        (("{}", "--scores", "nowhere/a.npy"), "--scores=nowhere/a.npy: allowed is a file"),
    ],
)
def test_bad_arguments_get_a_line(
    arguments: tuple[str, ...], told: str, evaluate: Evaluate, trained: Path
) -> None:
    code, out, err = evaluate(*(each.format(trained) for each in arguments))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert told in err
