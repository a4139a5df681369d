"""`isbe-bench rerun RUN_FOLDER` as a user types it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import without_announcement
from PIL import Image

from isbe_bench import cli
from isbe_bench.analysis import again
from isbe_bench.execution import sweep
from isbe_bench.runs import manifest
from isbe_bench.settings import composition, identity
from isbe_bench.tasks import find

SMALL = ("dataset=digits", "arch=n0", "train.epochs=2", "device=cpu", "device.threads=1")
Rerun = Callable[..., tuple[int, str, str]]


def make(results: Path, *overrides: str) -> Path:
    """Do a run as a command with these overrides does, and return its folder."""
    composed = composition.defaults(overrides).copy()
    composed.results_dir = str(results)
    task = find(composed.task)
    asked = task.parse(composed)
    sweep.run_all([asked], "isbe-bench")
    return results / "runs" / str(task.check(asked).slug)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("trained"), *SMALL)


@pytest.fixture
def rerun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Rerun:
    """The command in an empty folder: exit code, stdout and stderr."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["isbe-bench", "rerun", *map(str, arguments)])
        capsys.readouterr()
        code = cli.main()
        out, err = capsys.readouterr()
        return code, out, without_announcement(err)

    return run


def copy(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to / folder.name))


def edit(folder: Path, changed: Callable[[dict[str, Any]], None]) -> None:
    """Change `config.yaml`, as if the run had written it."""
    path = folder / "config.yaml"
    settings = yaml.safe_load(path.read_text())
    changed(settings)
    path.write_text(yaml.safe_dump(settings))
    (folder / "manifest.json").unlink(missing_ok=True)


def named(folder: Path) -> Path:
    """The folder under the name that its `config.yaml` gives it."""
    flat = identity.flatten(yaml.safe_load((folder / "config.yaml").read_text()))
    return folder.rename(folder.with_name(f"{folder.name[:-10]}{identity.digest(flat)}"))


def update(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_the_same_machine_gives_the_same_bits(rerun: Rerun, trained: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in trained.iterdir()}
    code, out, err = rerun(trained, "--csv", tmp_path / "differences.csv")
    assert (code, err) == (0, "")
    assert "done again\n\nReproduced: 1630 values compared, the same to the bit.\n" in out
    assert "identical" in (tmp_path / "differences.csv").read_text()
    assert before == {path: path.read_bytes() for path in trained.iterdir()}
    made = Path("reruns/1/runs") / trained.name
    assert (made / "predictions.csv").read_bytes() == (trained / "predictions.csv").read_bytes()

    assert rerun(trained, "--into", "reruns/1")[0] == 1  # nothing is overwritten
    update(made / "status.json", status="interrupted")
    assert "Reproduced" in rerun(trained)[1]  # goes on with what is unfinished
    assert not Path("reruns/2").exists()


def test_other_bits_are_an_error_only_where_nothing_explains_them(
    rerun: Rerun, trained: Path, tmp_path: Path
) -> None:
    folder = copy(trained, tmp_path)
    epochs = (folder / "epochs.csv").read_text().splitlines()
    cells = epochs[2].split(",")
    cells[2] = "0.5"
    (folder / "epochs.csv").write_text("\n".join([*epochs[:2], ",".join(cells)]) + "\n")
    code, _, err = rerun(folder)
    assert (code, err) == (
        1,
        f"isbe-bench: RUN_FOLDER={folder}: epochs.csv was changed after the run wrote it\n",
    )
    manifest.write(folder)
    code, out, _ = rerun(folder)
    assert code == 1
    assert "Not reproduced, although nothing differs on which bits depend: 1 of 1630 values" in out
    assert "epochs.csv, epoch 2, train_loss: recorded 0.5, now " in out

    update(folder / "environment.json", torch="1.0 <b>")
    manifest.write(folder)
    code, out, _ = rerun(folder)
    assert code == 0
    assert (
        "Other bits, as torch may cause: 1 of 1630 values differ. The first: epochs.csv, epoch 2" in out
    )
    assert "| train  | torch" in out
    assert "Trainings: alpha, %" in out
    assert "<b>" not in out


def test_a_run_of_version_0_1(rerun: Rerun, trained: Path, tmp_path: Path) -> None:
    folder = copy(trained, tmp_path)

    def older(settings: dict[str, Any]) -> None:
        settings["optimizer"]["final_lr_ratio"] = settings.pop("schedule")["final_lr_ratio"]
        del settings["plan"]
        settings |= {"force": True, "results_dir": str(tmp_path / "elsewhere")}
        settings["dataset"] |= {"root": "/nowhere", "download": True}

    edit(folder, older)
    (folder / "diagnostics.csv").unlink()
    environment = json.loads((folder / "environment.json").read_text())
    del environment["numerics"]
    (folder / "environment.json").write_text(json.dumps(environment))
    code, out, _ = rerun(folder, "--into", "new")
    assert (code, "Reproduced" in out) == (0, True)
    assert not (tmp_path / "elsewhere").exists()
    assert (Path("new/runs") / trained.name / "manifest.json").exists()


@pytest.mark.parametrize("status", ["interrupted", "error", "running"])
def test_what_a_stopped_run_has_is_compared(
    status: str, rerun: Rerun, trained: Path, tmp_path: Path
) -> None:
    folder = copy(trained, tmp_path)
    for name in ("predictions.csv", "diagnostics.csv", "manifest.json"):
        (folder / name).unlink()
    epochs = (folder / "epochs.csv").read_text().splitlines(keepends=True)
    (folder / "epochs.csv").write_text("".join(epochs[:2]))
    update(folder / "status.json", status=status, process=2**22 + 1, error="ValueError: too <b>late</b>")
    code, out, err = rerun(folder)
    assert (code, err) == (0, "")
    assert "Reproduced: 9 values compared, the same to the bit." in out
    assert "<b>" not in out


def test_a_run_that_diverges_again_is_reproduced(rerun: Rerun, tmp_path: Path) -> None:
    folder = make(tmp_path / "results", *SMALL, "optimizer.lr=1e30")
    code, out, _ = rerun(folder)
    assert code == 0
    assert "Both diverged (a score or loss stopped being finite in epoch 1). Reproduced." in out
    status = json.loads((folder / "status.json").read_text())
    update(folder / "status.json", error=status["error"].replace("epoch 1", "epoch 2"))
    code, out, _ = rerun(folder)
    assert code == 1
    assert "epoch 2), the new one diverged (a score or loss stopped being finite in epoch 1)" in out
    update(folder / "status.json", status="interrupted", error=None)
    assert rerun(folder)[0] == 1


def test_folders_of_images_are_found_where_they_are_now(rerun: Rerun, tmp_path: Path) -> None:
    for number, place in enumerate(("train/a", "train/b", "test/a", "test/b")):
        (tmp_path / "data" / place).mkdir(parents=True)
        for shade in (0, 40, 80):
            image = Image.fromarray(np.full((16, 16), 50 * number + shade, np.uint8))
            image.save(tmp_path / "data" / place / f"{shade}.png")
    data = ("dataset=image_folder", f"dataset.root={tmp_path / 'data'}", "dataset.image_size=16")
    folder = make(tmp_path, *data, *SMALL[1:], "train.batch_size=2", "dataset.validation_fraction=0")
    assert "Reproduced" in rerun(folder)[1]
    (tmp_path / "data").rename(tmp_path / "moved")
    code, _, err = rerun(folder)
    assert code == 1
    assert f"dataset.root={tmp_path / 'data'}: is no folder here; allowed is --data DIR" in err
    assert "Reproduced" in rerun(folder, "--data", tmp_path / "moved")[1]


def test_theory_has_bits(rerun: Rerun, tmp_path: Path) -> None:
    folder = make(tmp_path / "results", "task=theory", "theory.classes=[2,3]", "theory.samples=50")
    code, out, _ = rerun(folder)
    assert (code, "Reproduced" in out) == (0, True)


@pytest.mark.slow
def test_times_are_compared_by_intervals(rerun: Rerun, tmp_path: Path) -> None:
    small = ("timing.processes=2", "timing.rounds=2", "timing.warmup=1", "timing.batch_size=8")
    losses = "timing.losses=[ce_mean,isbe_softmax]"
    folder = make(tmp_path / "results", "task=timing", *SMALL[:2], "device=cpu", losses, *small)
    code, out, _ = rerun(folder)
    assert code == 0
    assert "## Times: tau, %" in out
    assert "Nothing of it has bits to reproduce" in out


FOCAL = """
import torch
class Focal(torch.nn.Module):
    def __init__(self, gamma: float) -> None:
        super().__init__()
        self.gamma = gamma
    def forward(self, scores, labels):
        entropy = torch.nn.functional.cross_entropy(scores, labels, reduction="none")
        return ((1 - torch.exp(-entropy)) ** self.gamma * entropy).mean()
"""


def test_own_parts_come_from_config_dir_alone(tmp_path: Path) -> None:
    """In processes of their own: a module that was imported stays."""
    own = tmp_path / "own"
    (own / "loss").mkdir(parents=True)
    (own / "loss" / "focal.yaml").write_text("_target_: rerun_focal.Focal\ngamma: 2.0\n")
    (own / "rerun_focal.py").write_text(FOCAL)

    def command(*arguments: object) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "isbe_bench", *map(str, arguments)]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)

    small = (*SMALL[:2], "train.epochs=1", *SMALL[3:])
    assert command("--config-dir", own, "loss=focal", "loss.gamma=1.5", *small).returncode == 0
    (folder,) = (tmp_path / "results" / "runs").iterdir()

    without = command("rerun", folder)
    assert without.returncode == 1
    assert "loss.name=focal: allowed is a_softmax, am_softmax, ce_mean" in without.stderr
    assert "--config-dir" in without.stderr

    again = command("rerun", folder, "--config-dir", own)
    assert "Reproduced: 1597 values" in again.stdout

    (own / "rerun_focal.py").write_text(f"{FOCAL}# changed\n")
    changed = command("rerun", folder, "--config-dir", own)
    assert changed.returncode == 1
    assert "this would be another run: code.rerun_focal.Focal was " in changed.stderr
    assert not (tmp_path / "reruns" / "2" / "runs").exists()


def canary(settings: dict[str, Any]) -> None:
    """Ask for a file in the working folder, in every way in which Hydra's files could."""
    call = {"_target_": "os.mkdir", "path": "canary"}
    settings["loss"] |= call | {"activation": call}
    settings["optimizer"] |= call
    settings["dataset"]["train"] = call
    settings["hydra"] = {"run": {"dir": "canary"}, "callbacks": {"a": call}}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda settings: settings.update(task="nothing"), "task=nothing: allowed is "),
        (lambda settings: settings.update(task=["train"]), "task=['train']: allowed is "),
        (lambda settings: settings["train"].update(more=1), "train.more=1: unknown key"),
        (lambda settings: settings.update(more={"a": 1}), "more={a:1}: unknown key"),
        (lambda settings: settings["train"].update(epochs="many"), "train.epochs=many: allowed is "),
        (lambda settings: settings["loss"].update(name="../../x"), "loss.name=../../x: allowed is "),
        (lambda settings: settings["loss"].update(name={"a": 1}), "loss.name"),
        (lambda settings: settings["arch"].update(name="${oc.env:HOME}"), "arch.name=${oc.env:HOME}"),
        (lambda settings: settings.update(seed={"x": 1}), "seed.x=1: unknown key"),
        (canary, ": "),
    ],
)
def test_settings_that_nobody_could_ask_for_are_refused_in_a_line(
    changed: Callable[[dict[str, Any]], None], told: str, rerun: Rerun, trained: Path, tmp_path: Path
) -> None:
    folder = copy(trained, tmp_path)
    edit(folder, changed)
    code, out, err = rerun(named(folder))
    assert (code, out) == (1, "")
    assert told in err
    assert err.count("\n") == 1
    assert not list(Path.cwd().iterdir())


BAD_FILES: Mapping[str, bytes] = {
    "brackets": b"[" * 100_000,
    "list": b"[1, 2]",
    "nothing": b"",
    "no YAML": b"{a: ]",
    "not UTF-8": b"\xff\xfe",
    "a tag": b"a: !!python/object/apply:os.mkdir [canary]",
}


@pytest.mark.parametrize("file", ["config.yaml", "environment.json", "status.json", "manifest.json"])
def test_files_that_cannot_be_read_are_refused_in_a_line(
    file: str, rerun: Rerun, trained: Path, tmp_path: Path
) -> None:
    folder = copy(trained, tmp_path)
    for content in BAD_FILES.values():
        (folder / file).write_bytes(content)
        code, out, err = rerun(folder)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert err.startswith(f"isbe-bench: RUN_FOLDER={folder}: ")
        assert len(err) < 1000
    assert not list(Path.cwd().iterdir())


@pytest.mark.parametrize("file", ["epochs.csv", "predictions.csv"])
@pytest.mark.parametrize("content", [b"[1,2]\n", b"", b"a\x00b"])
def test_files_that_cannot_be_compared_are_refused_before_the_work(
    file: str, content: bytes, rerun: Rerun, trained: Path, tmp_path: Path
) -> None:
    folder = copy(trained, tmp_path)
    (folder / "manifest.json").unlink()
    (folder / file).write_bytes(content)
    code, out, err = rerun(folder)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"{file} has no column" in err
    assert not list(Path.cwd().iterdir())


def test_rows_and_files_that_the_record_lacks_are_no_reproduction(trained: Path, tmp_path: Path) -> None:
    folder = copy(trained, tmp_path)
    path = folder / "epochs.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    (epochs, *_) = again.files(folder, trained, only_begun=False)
    assert epochs.count == len(epochs.deviations) > 0
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"epochs\.csv"):
        again.files(folder, trained, only_begun=False)
    files = [each.file for each in again.files(folder, trained, only_begun=True)]
    assert files == ["predictions.csv", "diagnostics.csv"]


def test_what_was_sent_back_is_compared(trained: Path, tmp_path: Path) -> None:
    folder = copy(trained, tmp_path)
    path = folder / "diagnostics.csv"
    header, first, *others = path.read_text().splitlines()
    path.write_text("\n".join([header, f"{first}1", *others]) + "\n")
    *_, found = again.files(folder, trained, only_begun=False)
    assert [(each.row, each.column) for each in found.deviations] == [("row 1", "value")]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "arguments are required: RUN_FOLDER"),
        (("nowhere",), "RUN_FOLDER=nowhere: allowed is the folder of a run"),
        ((".",), "RUN_FOLDER=.: has no config.yaml"),
        (("{}", "--config-dir", "nowhere"), "--config-dir nowhere: allowed is an existing folder"),
        (("{}", "--csv", "nowhere/a.csv"), "--csv=nowhere/a.csv: allowed is a file"),
        (("{}", "--into", "{}/../.."), "nothing is overwritten"),
    ],
)
def test_bad_arguments_get_a_line(
    arguments: tuple[str, ...], told: str, rerun: Rerun, trained: Path
) -> None:
    code, out, err = rerun(*(each.format(trained) for each in arguments))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert told in err


def test_a_renamed_folder_is_refused(rerun: Rerun, trained: Path, tmp_path: Path) -> None:
    folder = copy(trained, tmp_path)
    code, _, err = rerun(folder.rename(tmp_path / "renamed"))
    assert code == 1
    assert "its name does not fit its config.yaml" in err
