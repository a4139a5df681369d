"""Tables and records from runs alone."""

import shlex
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import Make, check
from matplotlib import pyplot as plt
from recorded import record, write_tables

from isbe_bench.analysis import Analysis, collection, origin
from isbe_bench.analysis.collection import collect
from isbe_bench.catalogue.losses import MODES
from isbe_bench.publication import figures
from isbe_bench.publication.figures import intervals
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings import composition
from isbe_bench.statistics.intervals import mean_interval


@pytest.fixture
def results(make_config: Make, tmp_path: Path) -> Path:
    """Two seeds of ce_mean and isbe_softmax, a third of isbe_softmax alone; N1 with one run."""
    for seed, alpha in enumerate((98.0, 98.4)):
        record(make_config, alpha, "loss=ce_mean", f"seed={seed}")
    for seed, alpha in enumerate((98.5, 98.7, 97.0)):
        record(
            make_config, alpha, "loss=isbe_softmax", f"seed={seed}", foreign_cpu_share=0.2 * (seed == 2)
        )
    record(make_config, 99.0, "loss=ce_sum", "arch=n1")
    return tmp_path / "results"


def row(frame: pd.DataFrame, **where: str) -> pd.Series:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def test_table_3_holds_means_and_intervals_over_seeds(results: Path) -> None:
    write_tables(results, results / "tables")
    frame = pd.read_csv(results / "tables" / "table3_alpha.csv")
    assert list(frame.columns[-8:]) == list(MODES)
    assert frame["net"].drop_duplicates().tolist() == ["n0", "n1"]
    expected = mean_interval([98.5, 98.7, 97.0])
    for value, number in (
        ("mean", expected.mean),
        ("low", expected.low),
        ("high", expected.high),
        ("runs", 3),
    ):
        assert row(frame, net="n0", value=value)["isbe_softmax"] == pytest.approx(number)
    assert row(frame, net="n1", value="mean")["ce_sum"] == 99.0
    assert pd.isna(row(frame, net="n1", value="mean")["ce_mean"])
    assert pd.isna(row(frame, net="n1", value="low")["ce_sum"])  # one run has no interval


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
def test_modes_that_the_paper_has_no_numbers_of_have_a_table_of_their_own(
    make_config: Make, tmp_path: Path, dataset: str
) -> None:
    for mode, alpha in (("ce_mean", 98.0), ("isbe_normalize", 10.0)):
        record(make_config, alpha, f"dataset={dataset}", f"loss={mode}")
    write_tables(tmp_path / "results", tmp_path)
    apart = pd.read_csv(tmp_path / "alpha_apart.csv")
    assert row(apart, value="mean")["isbe_normalize"] == 10.0
    assert "paper" not in set(apart["value"])
    assert "isbe_normalize" not in pd.read_csv(tmp_path / "table3_alpha.csv")


def test_table_4_pairs_runs_by_seed(results: Path) -> None:
    write_tables(results, results / "tables")
    frame = pd.read_csv(results / "tables" / "table4_delta_alpha.csv")
    assert frame["net"].unique().tolist() == ["n0"]  # N1 has no pair
    assert row(frame, ce="mean", value="runs")["isbe_softmax"] == 2  # seed 2 has no partner
    assert row(frame, ce="mean", value="mean")["isbe_softmax"] == pytest.approx((0.5 + 0.3) / 2)


def test_the_tau_of_a_training_leaves_out_its_first_epoch_and_is_marked_where_disturbed(
    results: Path,
) -> None:
    runs = collect(results).runs
    assert runs["tau"].tolist() == pytest.approx([60.0] * 6)  # 60 / (40 + 60), without epoch 1's 999 ms
    assert runs["disturbed"].sum() == 1


def test_the_panels_of_an_interval_plot_say_what_tells_their_runs_apart(
    make_config: Make, tmp_path: Path
) -> None:
    for setting in ("train.epochs=3", "train.epochs=5", "train.batch_size=50"):
        record(make_config, 98.0, "loss=ce_mean", setting)
    made = dict(intervals.make(Analysis(collect(tmp_path / "results"))))
    titles = [panel.get_title() for panel in made["table3_alpha"].axes]
    assert len(set(titles)) == 3
    assert any("train.batch_size=50" in title for title in titles)
    assert "N0, digits: 1 seed, 5 epochs" in {title.split("\n")[0] for title in titles}
    assert "train.epochs" not in " ".join(titles)
    plt.close("all")


def test_trainings_alone_give_no_table_of_tau(results: Path) -> None:
    """They followed one another, without a control."""
    (results / "tables").mkdir()
    (results / "tables" / "table1_tau.csv").write_text("of runs that are no more")
    write_tables(results, results / "tables")
    assert {path.stem for path in (results / "tables").iterdir()} == {
        "table3_alpha",
        "table4_delta_alpha",
        "accuracy_pairs",
        "agreement",
        "power",
        "recall_by_class",
    }


def test_markdown_says_where_its_numbers_come_from(results: Path) -> None:
    write_tables(results, results / "tables")
    text = (results / "tables" / "table3_alpha.md").read_text()
    assert "98.20 ± 2.54" in text
    assert "revision 0123456789" in text
    assert (
        "isbe-bench -m loss=ce_mean,isbe_softmax seed=0,1,2 arch=n0 dataset=digits device=cpu train.epochs=3"
        in text
    )
    assert r"98.20 $\pm$ 2.54" in (results / "tables" / "table3_alpha.tex").read_text()


def test_runs_under_other_settings_are_not_averaged(make_config: Make, results: Path) -> None:
    record(make_config, 50.0, "loss=isbe_softmax", "optimizer.lr=0.5")
    record(make_config, 60.0, "loss=isbe_softmax", "loss.implementation=function")
    write_tables(results, results / "tables")
    frame = pd.read_csv(results / "tables" / "table3_alpha.csv")
    means = frame[(frame["value"] == "mean") & (frame["net"] == "n0")].set_index("settings")[
        "isbe_softmax"
    ]
    assert means.to_dict() == pytest.approx(
        {
            "loss.implementation=direct optimizer.lr=0.01": (98.5 + 98.7 + 97.0) / 3,
            "loss.implementation=direct optimizer.lr=0.5": 50.0,
            "loss.implementation=function optimizer.lr=0.01": 60.0,
        }
    )


def test_unset_is_a_setting_of_its_own(make_config: Make, tmp_path: Path) -> None:
    """A run with device.threads=null and one with 1 are two runs of one seed, and no two seeds."""
    record(make_config, 90.0)
    record(make_config, 91.0, "device.threads=1")
    write_tables(tmp_path / "results", tmp_path / "tables")
    frame = pd.read_csv(tmp_path / "tables" / "table3_alpha.csv")
    means = frame[frame["value"] == "mean"].set_index("settings")["ce_mean"]
    assert means.to_dict() == {"device.threads=null": 90.0, "device.threads=1": 91.0}


def test_the_command_that_gives_runs_again_gives_these_runs(
    make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(make_config, 90.0, "loss=isbe_tanh", "seed=3", "loss.blur=section_3", "optimizer.lr=0.5")
    record(make_config, 90.0, "loss=ce_mean", "seed=3", "optimizer.lr=0.5")
    record(make_config, 90.0, "device.threads=1", "arch=n1", "train.batch_size=32")
    runs = collect(tmp_path / "results").runs
    commands = origin.training_commands(runs)
    assert len(commands) == 3
    slugs = set()
    for line in commands:
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        for composed in composition.compose():
            slugs.add(check(composed).slug)
    assert slugs == set(runs["run"])


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("config.yaml", "{a: [", "config.yaml was changed"),
        ("environment.json", "{}", "environment.json was changed"),
        ("epochs.csv", None, "epochs.csv was changed"),
    ],
)
def test_a_damaged_record_is_named_with_advice(
    make_config: Make, results: Path, file: str, content: str | None, reason: str
) -> None:
    folder = RunFolder(make_config("train.epochs=3", "loss=ce_sum", "arch=n1")).path
    (folder / file).write_text(content or (folder / file).read_text().replace("99.0", "many"))
    read = collect(results)
    assert len(read.runs) == 5
    (problem,) = read.problems
    assert folder.name in problem
    assert f"{reason} after the run wrote it" in problem
    assert "force=true" in problem


def test_records_hold_every_run_and_epoch(results: Path) -> None:
    collection.write(collect(results), results / "records")
    runs, epochs = (pd.read_csv(results / "records" / f"{name}.csv") for name in ("runs", "epochs"))
    assert len(runs) == 6
    assert len(epochs) == 18
    assert set(epochs["run"]) == set(runs["run"])
    last = epochs[epochs["epoch"] == 3].set_index("run")["test_accuracy"]
    assert last[runs["run"]].tolist() == runs["alpha"].tolist()


def test_files_that_are_no_figures_of_ours_stay(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 98.0)
    notes = tmp_path / "table1_notes.pdf"
    old = tmp_path / "table1_tau.svg"
    for path in (notes, old):
        path.write_text("")
    figures.write(figures.draw(Analysis(collect(tmp_path / "results"))), tmp_path)
    assert notes.exists()
    assert not old.exists()


def test_the_committed_records_give_the_committed_tables(root: Path, tmp_path: Path) -> None:
    """From the tidy files alone, as in a fresh clone."""
    for folder in sorted(path.parent for path in (root / "results").glob("*/records")):
        shutil.copytree(folder / "records", tmp_path / folder.name / "records")
        assert collect(tmp_path / folder.name).problems == []
        for path in write_tables(tmp_path / folder.name, tmp_path / folder.name / "tables"):
            assert path.read_bytes() == (folder / "tables" / path.name).read_bytes()
