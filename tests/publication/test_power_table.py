"""The table of what is undecided: how many more seeds would decide, and the commands that train them."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import Make
from recorded import record, write_tables

from isbe_bench.publication import figures
from isbe_bench.publication.publishing import Publication
from isbe_bench.statistics.intervals import mean_interval
from isbe_bench.statistics.power import MeanTest

ALPHAS = [99.4, 99.45, 99.35, 99.4, 99.5, 99.3]
DIFFERENCES = [-0.16, 0.04, -0.11, 0.09, -0.06, 0.02]


@pytest.fixture
def results(make_config: Make, tmp_path: Path) -> Path:
    """Tanh is undecided against cross-entropy, softmax clearly lower, sigmoid has one seed."""
    for seed, (alpha, difference) in enumerate(zip(ALPHAS, DIFFERENCES, strict=True)):
        record(make_config, alpha, "dataset=mnist", f"seed={seed}")
        record(make_config, alpha + difference, "dataset=mnist", f"seed={seed}", "loss=isbe_tanh")
        record(make_config, alpha - 1, "dataset=mnist", f"seed={seed}", "loss=isbe_softmax")
    record(make_config, 99.4, "dataset=mnist", "loss=isbe_sigmoid")
    return tmp_path / "results"


def test_the_table_has_what_is_undecided_alone_and_what_would_decide_it(results: Path) -> None:
    write_tables(results, results / "tables")
    table = pd.read_csv(results / "tables" / "power.csv").set_index("undecided")
    title = "tanh: accuracy not below cross-entropy"
    assert not any("softmax: accuracy" in undecided for undecided in table.index)
    assert "isbe_softmax against ce_mean" not in table.index
    row = dict(table.loc[title])
    cell = mean_interval(DIFFERENCES)
    assert (row["sample"], row["unit"], row["so_far"]) == ("seed", "points", 6)
    assert (row["mean"], row["sd"]) == pytest.approx((cell.mean, cell.deviation))
    assert (row["above"], row["below"], row["level"]) == (-0.1, float("inf"), 0.05)
    test = MeanTest(cell, low=-0.1, level=0.05)
    more = int(row["more"])
    assert test.power(6 + more - 1) < row["power"] <= test.power(6 + more)
    assert f"seed={','.join(map(str, range(6, 6 + more)))} " in row["command"]
    against = table.loc["isbe_tanh against ce_mean"]
    assert (against["above"], against["below"]) == (-0.1, 0.1)  # two one-sided tests take more
    assert against["more"] >= more


def test_the_spread_of_other_modes_stands_in_for_one_seed(results: Path) -> None:
    write_tables(results, results / "tables")
    table = pd.read_csv(results / "tables" / "power.csv").set_index("undecided")
    row = table.loc["isbe_sigmoid against ce_mean"]
    assert row["so_far"] == 1
    assert row["sd"] > 0
    assert row["more"] >= 5


@pytest.mark.slow
def test_the_report_has_the_number_and_the_command(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "_DPI", 40)
    html, markdown = (path.read_text() for path in Publication(results).write_report())
    (row,) = (line for line in markdown.splitlines() if line.startswith("| **tanh: accuracy not below"))
    words = row.partition("more seeds would decide")[0].rpartition("about ")[2]
    more = int(words)
    command = f"isbe-bench -m loss=ce_mean,isbe_tanh seed={','.join(map(str, range(6, 6 + more)))} "
    assert command in markdown
    assert command in html
    assert "### How many more seeds would decide" in markdown


def test_each_row_has_the_number_of_its_command(results: Path, tmp_path: Path) -> None:
    write_tables(results, tmp_path)
    lines = (tmp_path / "power.md").read_text().splitlines()
    (row,) = (line for line in lines if line.startswith("| isbe_tanh against"))
    number = row.split("|")[-2].strip()
    assert "loss=ce_mean,isbe_tanh" in lines[lines.index(f"# {number}") + 1]


def test_what_is_decided_leaves_no_table(make_config: Make, tmp_path: Path) -> None:
    for seed, alpha in enumerate(ALPHAS):
        record(make_config, alpha - 10, f"seed={seed}")
        record(make_config, alpha - 20, f"seed={seed}", "loss=isbe_tanh")
    written = write_tables(tmp_path / "results", tmp_path / "tables")
    assert "power" not in {path.stem for path in written}
