"""The table of precisions: trainings in bf16 against the same loss and seed in float32."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import Make
from recorded import record, write_tables

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect


def fill(make: Make, loss: str, effect: float, seeds: int = 6) -> Path:
    """Both precisions of a loss, of which bf16 differs by `effect` points and a little noise."""
    for seed in range(seeds):
        alpha = 98.0 + 0.1 * seed
        noise = 0.01 * (seed % 2)
        record(make, alpha, f"loss={loss}", f"seed={seed}")
        record(make, alpha + effect + noise, f"loss={loss}", f"seed={seed}", "device.precision=bf16")
    return Path(make().results_dir)


def test_each_loss_is_compared_with_itself_in_float32(make_config: Make, tmp_path: Path) -> None:
    fill(make_config, "ce_mean", -0.01)
    results = fill(make_config, "isbe_softmax", -2.0)
    write_tables(results, tmp_path)
    table = pd.read_csv(tmp_path / "precision.csv").set_index(["mode", "precision"])
    assert table.loc[("ce_mean", "bf16"), "points"] == pytest.approx(-0.005)
    assert table.loc[("ce_mean", "bf16"), "verdict"] == "same"
    assert table.loc[("isbe_softmax", "bf16"), "points"] == pytest.approx(-1.995)
    assert table.loc[("isbe_softmax", "bf16"), "verdict"] == "lower"
    assert table["runs"].eq(6).all()
    assert table.xs("float32", level="precision")["points"].isna().all()
    assert "-2.0" in (tmp_path / "precision.md").read_text()


def test_one_precision_makes_no_table(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 98.0, "device.precision=bf16")
    write_tables(Path(make_config().results_dir), tmp_path)
    assert not (tmp_path / "precision.md").exists()


def test_another_precision_is_never_averaged_with_float32_and_leaves_its_label(
    make_config: Make,
) -> None:
    results = fill(make_config, "ce_mean", 0.0, seeds=2)
    groups = Analysis(collect(results)).trainings
    assert [(group.settings, len(group.runs)) for group in groups] == [
        ("", 2),
        ("device.precision=bf16", 2),
    ]


def test_an_unbalanced_training_set_alone_is_told(make_config: Make) -> None:
    record(make_config, 90.0, "dataset.imbalance=10")
    (group,) = Analysis(collect(Path(make_config().results_dir))).trainings
    assert group.settings == "dataset.imbalance=10.0"
