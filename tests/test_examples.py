"""The examples run as a user runs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_plain_training_learns_the_same_without_cross_entropy(root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", root / "examples" / "plain_training.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=True,
        capture_output=True,
        text=True,
    )
    accuracies = {name: float(number) for name, number in re.findall(r"(\w+) +([\d.]+) %", done.stdout)}
    assert list(accuracies) == ["cross_entropy", "isbe", "isbe_tanh", "isbe_as_a_loss"]
    assert min(accuracies.values()) > 90
    assert abs(accuracies["isbe"] - accuracies["cross_entropy"]) < 0.5
    assert abs(accuracies["isbe_as_a_loss"] - accuracies["isbe"]) < 0.5
