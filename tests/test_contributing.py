"""CONTRIBUTING's promise: a loss, a network and a task are one module and one YAML file each."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow
BLOCK = re.compile(r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with the parts of CONTRIBUTING.md, their runs, and what is published from them."""
    root = Path(__file__).parents[1]
    copy = tmp_path_factory.mktemp("copy")
    for folder in ("isbe_bench", "conf"):
        shutil.copytree(root / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    examples = BLOCK.findall((root / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(examples) == 6
    for path, content in examples:
        assert not (copy / path).exists()
        (copy / path).write_text(content, encoding="utf-8")

    def command(*arguments: str) -> None:
        environment = os.environ | {"PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "isbe_bench", *arguments],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout

    command("-m", "arch=shallow", "loss=ce_mean,focal", "seed=0,1", "train.epochs=2")
    command("-m", "task=norms", "arch=shallow", "seed=0,1")
    command("publish")
    return copy / "results"


def test_the_loss_and_the_network_are_in_every_table_of_accuracies(results: Path) -> None:
    tables = results / "tables"
    alpha = pd.read_csv(tables / "table3_alpha.csv")
    assert alpha["net"].unique().tolist() == ["shallow"]
    assert alpha.loc[alpha["value"] == "mean", "focal"].notna().all()
    delta = pd.read_csv(tables / "table4_delta_alpha.csv")
    assert delta.loc[delta["value"] == "runs", "focal"].tolist() == [2]  # paired with ce_mean
    assert pd.read_csv(tables / "accuracy_pairs.csv")["mode"].tolist() == ["focal"]
    assert "focal" in pd.read_csv(tables / "agreement.csv")


def test_the_task_has_a_table(results: Path) -> None:
    norms = pd.read_csv(results / "tables" / "task_norms.csv")
    assert norms["subject"].tolist() == ["1.weight", "1.bias", "3.weight", "3.bias"]
    assert norms["runs"].eq(2).all()
    assert (norms["norm_low"] < norms["norm"]).all()


def test_all_three_are_in_the_figures(results: Path) -> None:
    names = {path.name for path in (results / "figures").glob("*.svg")}
    for start in ("figure1_", "figure2_", "figure3_", "table3_", "table4_", "task-norms-"):
        assert any(name.startswith(start) for name in names), start


def test_all_three_are_in_the_report_with_the_commands_that_reproduce_them(results: Path) -> None:
    report = (results / "report.md").read_text(encoding="utf-8")
    assert "| digits    | shallow" in report
    assert "1.weight" in report
    assert "isbe-bench -m loss=ce_mean,focal seed=0,1 arch=shallow dataset=digits" in report
    assert "isbe-bench -m task=norms arch=shallow" in report
