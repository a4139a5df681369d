"""The table of open readings: alpha of the usual trainings, and with one setting changed."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import Make
from recorded import record, write_tables

USUAL = ("arch=n0", "dataset=mnist", "loss=ce_mean", "train.epochs=6")


def trained(make: Make, tmp_path: Path, *changes: str) -> pd.DataFrame:
    """The table after six seeds of the usual trainings, at 99 percent, and of each change, a point lower."""
    for seed in range(6):
        record(make, 99.0 + 0.01 * seed, *USUAL, f"seed={seed}")
        for change in changes:
            record(make, 98.0 + 0.01 * seed, *USUAL, f"seed={seed}", change)
    write_tables(Path(make().results_dir), tmp_path)
    return pd.read_csv(tmp_path / "readings.csv").set_index("reading")


def test_each_reading_stands_once_below_the_usual_trainings(make_config: Make, tmp_path: Path) -> None:
    table = trained(make_config, tmp_path, "arch.batch_norm=false", "train.batch_size=32")
    assert list(table.index) == ["usual, 6 epochs", "arch.batch_norm=False", "train.batch_size=32"]
    assert table["points"].tolist()[1:] == pytest.approx([-1, -1])
    assert table["verdict"].tolist()[1:] == ["lower", "lower"]


def test_the_distance_from_the_paper_is_that_of_the_mean(make_config: Make, tmp_path: Path) -> None:
    table = trained(make_config, tmp_path, "arch.batch_norm=false")
    assert table["paper"].eq(99.45).all()
    assert table["minus_paper"].tolist() == pytest.approx([99.025 - 99.45, 98.025 - 99.45])


def test_a_shorter_trial_is_not_the_usual_training(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 97.0, *USUAL[:-1], "train.epochs=1")
    table = trained(make_config, tmp_path, "train.batch_size=32")
    assert list(table.index) == ["usual, 6 epochs", "train.batch_size=32", "train.epochs=1"]


def test_longer_trainings_are_compared_with_the_shortest(make_config: Make, tmp_path: Path) -> None:
    table = trained(make_config, tmp_path, "train.epochs=12", "train.epochs=48")
    assert table["epochs"].to_dict() == {
        "usual, 6 epochs": 6,
        "train.epochs=12": 12,
        "train.epochs=48": 48,
    }
