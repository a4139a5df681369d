"""The wheel carries its configuration, works from any folder, and takes parts from outside."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow
PARTS = ("--config-dir", "my_conf")
SMALL = ("arch=tv_resnet18", "dataset=shapes", "dataset.train.count=240", "dataset.test.count=60")
TRAINING = (
    *PARTS,
    "-m",
    *SMALL,
    "optimizer=sgd",
    "schedule=multistep",
    "train.epochs=2",
    "train.batch_size=64",
)


@pytest.fixture(scope="module")
def bin_dir(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment in which the built wheel is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    dist, env = folder / "dist", folder / "env"
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(dist),
        str(root),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = dist.glob("*.whl")
    venv.create(env, with_pip=True)
    programs = env / ("Scripts" if sys.platform == "win32" else "bin")
    pip: list[str | Path] = [
        programs / "python",
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-index",
        wheel,
    ]
    subprocess.run(pip, check=True, capture_output=True)
    # The dependencies are borrowed from this environment; .ci/run installs them too.
    site = next(env.rglob("site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return programs


def run(bin_dir: Path, folder: Path, *arguments: str) -> str:
    """What `isbe-bench` prints in a folder, without a checkout on its path."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [bin_dir / "isbe-bench", *arguments],
        cwd=folder,
        env=environment | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_it_runs_from_any_folder(bin_dir: Path, tmp_path: Path) -> None:
    where: list[str | Path] = [bin_dir / "python", "-c", "import isbe_bench; print(isbe_bench.__file__)"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    package = subprocess.run(
        where, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    ).stdout
    assert Path(package).is_relative_to(bin_dir.parent)
    assert ": done in" in run(bin_dir, tmp_path, "-m", "loss=isbe_softmax", "train.epochs=1")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert len(list(tmp_path.glob("results/runs/*/predictions.csv"))) == 1


@pytest.fixture(scope="module")
def results(bin_dir: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside the repository, with own parts, their runs and what is published of them."""
    folder = tmp_path_factory.mktemp("afternoon")
    shutil.copytree(root / "examples" / "own_parts", folder / "my_conf")
    run(bin_dir, folder, *TRAINING, "loss=ce_mean,focal,focal_1", "seed=0,1")
    timing = ("task=timing", "timing.losses=[ce_mean,focal,focal_1]", "timing.processes=2")
    fast = ("timing.rounds=4", "timing.warmup=1", "timing.batch_size=16")
    run(bin_dir, folder, *PARTS, *timing, *fast, *SMALL)
    run(bin_dir, folder, "publish")
    return folder / "results"


def test_own_parts_are_in_every_table(results: Path) -> None:
    tables = results / "tables"
    alpha = pd.read_csv(tables / "table3_alpha.csv")
    assert alpha[["dataset", "net"]].drop_duplicates().to_numpy().tolist() == [["shapes", "tv_resnet18"]]
    assert alpha.loc[alpha["value"] == "runs", ["ce_mean", "focal", "focal_1"]].to_numpy().tolist() == [
        [2, 2, 2]
    ]
    pairs = pd.read_csv(tables / "accuracy_pairs.csv")
    assert pairs[["ce", "mode", "runs"]].to_numpy().tolist() == [
        ["mean", "focal", 2],
        ["mean", "focal_1", 2],
    ]
    times = pd.read_csv(tables / "timing_totals.csv")
    assert times["mode"].tolist() == ["ce_mean", "ce_mean@2", "focal", "focal_1"]
    assert pd.read_csv(tables / "recall_by_class.csv")["class"].nunique() == 3


def test_they_are_drawn_and_reported_with_the_commands_that_do_them_again(results: Path) -> None:
    names = {path.name.partition("-")[0] for path in (results / "figures").glob("*.png")}
    assert {"figure1_learning_curves", "figure2_losses", "figure3_accuracies"} <= names
    report = (results / "report.md").read_text(encoding="utf-8")
    assert report.startswith("# Losses compared: tv_resnet18 on shapes\n")
    assert "isbe-bench --config-dir DIR -m loss=focal seed=0,1 arch=tv_resnet18 dataset=shapes" in report
    assert "optimizer=sgd schedule=multistep" in report
    assert "loss.gamma=2.0" in report


def test_an_edited_loss_is_a_new_run_and_its_variant_too(bin_dir: Path, results: Path) -> None:
    folder = results.parent
    again = (*TRAINING, "loss=ce_mean,focal", "seed=0")
    assert "2 already done" in run(bin_dir, folder, *again)
    focal = folder / "my_conf" / "focal.py"
    focal.write_text(focal.read_text().replace("** self.gamma", "** (self.gamma + 1)"))
    printed = run(bin_dir, folder, *again)
    assert "1 already done" in printed
    assert "1 done" in printed
    folders = [path.name for path in (results / "runs").glob("train-tv_resnet18-shapes-focal-seed0-*")]
    assert len(folders) == 2


def test_where_a_part_comes_from_is_recorded(results: Path) -> None:
    (folder,) = (results / "runs").glob("train-tv_resnet18-shapes-ce_mean-seed0-*")
    assert '"torchvision": ' in (folder / "environment.json").read_text().partition('"packages"')[2]
    (other,) = (results / "runs").glob("train-tv_resnet18-shapes-focal_1-seed0-*")
    assert "focal.Focal: " in (other / "config.yaml").read_text().partition("code:")[2]
