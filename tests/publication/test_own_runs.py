"""What is published of a user's own data, networks and losses."""

import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import Make, MakeTiming, check
from matplotlib import pyplot as plt
from recorded import leave, make_own, record, record_times, write_tables

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect
from isbe_bench.publication import figures, report
from isbe_bench.publication.figures import intervals, learning, tuning
from isbe_bench.publication.publishing import Publication
from isbe_bench.settings import composition

QUESTION = "# Can a classifier be trained without computing cross-entropy?"


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of few pixels, which are drawn sooner."""
    monkeypatch.setattr(figures, "_DPI", 40)


@pytest.fixture
def results(make_config: Make, tmp_path: Path) -> Path:
    """Six seeds of two modes on the digits, a data set that the paper does not have."""
    for seed in range(6):
        record(make_config, 90.0 + 0.1 * seed, f"seed={seed}")
        record(make_config, 92.0 + 0.1 * seed, f"seed={seed}", "loss=isbe_tanh", ranks=[1] * 360)
    return tmp_path / "results"


def published(results: Path) -> str:
    """The report in Markdown."""
    html, markdown = Publication(results).write_report()
    assert html.read_text().count("<h1>") == 1
    return markdown.read_text()


def part(text: str, heading: str) -> str:
    """The text below a heading of the second level."""
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.slow
def test_a_report_of_own_data_is_of_own_data_alone(results: Path) -> None:
    text = published(results)
    assert text.startswith("# Losses compared: n0 on digits\n")
    assert (
        "12 trainings of n0 on digits with 6 seeds. None of the paper's 38 claims was measured" in text
    )
    assert "isbe-bench experiment=table3_alpha" in text
    for absent in (
        "## The claims",
        "Theorem",
        "against itself",
        "Not yet measured of the paper",
        "as printed",
    ):
        assert absent not in text
    said = part(text, "What these runs say")
    assert "alpha against ce_mean: isbe_tanh: higher." in said
    assert "+2.00 [+2.00, +2.00]" in said
    assert "100.00" in said  # top-5
    assert "recall over all modes: from" in said
    assert "![figure3_accuracies-digits-n0]" in text


def test_the_table_of_own_data_has_the_modes_that_were_trained(results: Path) -> None:
    write_tables(results, results / "tables")
    header = (results / "tables" / "table3_alpha.md").read_text().splitlines()[2]
    assert [word.strip() for word in header.strip("|").split("|")] == [
        "dataset", "net", "epochs", "source", "mean", "tanh", "runs",
    ]  # fmt: skip
    csv = pd.read_csv(results / "tables" / "table3_alpha.csv")
    assert "isbe_softmax" in csv  # programs find the paper's columns in every file


@pytest.mark.slow
def test_own_data_beside_the_papers_comes_first(make_config: Make, results: Path) -> None:
    for mode in ("ce_mean", "isbe_tanh"):
        record(make_config, 99.0, "dataset=mnist", f"loss={mode}")
    text = published(results)
    assert text.startswith(QUESTION)
    assert text.index("## What these runs say") < text.index("## The claims of Skarbek 2024")
    claims = part(text, "The claims of Skarbek 2024, Entropy 26, 65")
    assert "tanh: accuracy not below cross-entropy" in claims
    assert "Theorem" not in claims.partition("Of the paper's 38 claims")[0]
    assert "Of the paper's 38 claims, 32 were not measured" in claims
    assert "mnist" not in part(text, "What these runs say")


def test_runs_of_the_paper_alone_list_every_claim(make_config: Make, tmp_path: Path) -> None:
    for mode in ("ce_mean", "isbe_tanh"):
        record(make_config, 99.0, "dataset=mnist", f"loss={mode}")
    text = published(tmp_path / "results")
    assert text.startswith(QUESTION)
    assert "What these runs say" not in text
    assert "0 hold, 0 do not, 6 are undecided with what was measured, and 32 were not measured." in text
    assert text.count("| **not measured** |") == 32


@pytest.mark.slow
def test_few_seeds_and_no_cross_entropy_are_said(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 90.0, "loss=isbe_tanh")
    record(make_config, 90.0, "arch=n1")
    record(make_config, 91.0, "arch=n1", "loss=isbe_softmax")
    said = part(published(tmp_path / "results"), "What these runs say")
    assert "n0 on digits (3 epochs): no cross-entropy was trained beside it." in said
    assert "isbe_softmax: too few runs for a verdict, 1 of 6 seeds." in said


def test_times_of_an_own_network_are_said(make_timing: MakeTiming, tmp_path: Path) -> None:
    losses = "timing.losses=[ce_mean,isbe_softmax]"
    record_times(make_timing, "dataset=cifar100", "arch=vgg16", losses, backward={"isbe_softmax": 0.5})
    text = published(tmp_path / "results")
    assert text.startswith(
        "# Losses compared: vgg16 on cifar100\n\n5 timed processes of vgg16 on cifar100."
    )
    said = part(text, "What these runs say")
    assert "time of forward and backward against ce_mean: isbe_softmax -3" in said
    assert "faster" in said
    assert "as printed there" not in text


def test_tables_with_an_own_loss_do_not_call_it_isbe(make_config: Make, tmp_path: Path) -> None:
    own = make_own(record(make_config, 91.0, "loss=ce_sum"), loss={"name": "focal"})
    record(make_config, 90.0)
    analysis = Analysis(collect(tmp_path / "results"))
    write_tables(tmp_path / "results", tmp_path)
    delta, pairs = (
        (tmp_path / f"{name}.md").read_text() for name in ("table4_delta_alpha", "accuracy_pairs")
    )
    assert "loss minus cross-entropy" in delta
    assert pairs.startswith("# loss against cross-entropy, in pairs")
    assert "only loss" in pairs
    assert "ISBE" not in delta + pairs
    plots = dict(intervals.make(analysis))
    assert "loss minus cross-entropy" in plots["table4_delta_alpha"].get_suptitle()
    assert own.name in set(analysis.collection.runs["run"])
    plt.close("all")


def test_figure_1_has_no_empty_panels_for_own_data(results: Path) -> None:
    ((_, figure),) = learning.make(Analysis(collect(results)))
    assert [axes.get_title() for axes in figure.axes[:1]] == ["ce_mean"]
    assert len(figure.axes) == 2
    plt.close("all")


def test_recall_has_a_row_for_each_class(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 90.0)
    record(make_config, 95.0, "seed=1")
    write_tables(tmp_path / "results", tmp_path)
    rows = pd.read_csv(tmp_path / "recall_by_class.csv")
    assert rows["class"].tolist() == [1, 2]
    assert rows["recall"].tolist() == pytest.approx([92.5, 92.5])
    assert rows["runs"].tolist() == [2, 2]
    assert (
        "| digits    | n0    | 3        | 1       | 92.50 ± 31.77 | 2      |"
        in (tmp_path / "recall_by_class.md").read_text()
    )


def test_classes_have_the_names_that_are_known(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 90.0, "dataset=cifar10", "arch=vgg16")
    write_tables(tmp_path / "results", tmp_path)
    assert pd.read_csv(tmp_path / "recall_by_class.csv")["name"].tolist() == ["car", "bird"]


# --- learning rates -------------------------------------------------------------------------------

RATES = (0.001, 0.01, 0.1)


@pytest.fixture
def tuned(make_config: Make, tmp_path: Path) -> Path:
    """Two modes at three rates: the best of ce_mean is 0.01, that of isbe_tanh 0.1, at the edge."""
    for mode, accuracies in (("ce_mean", (80.0, 90.0, 85.0)), ("isbe_tanh", (70.0, 80.0, 88.0))):
        base = make_config("train.epochs=2", f"loss={mode}")
        for rate, accuracy in zip(RATES, accuracies, strict=True):
            optimizer = base.optimizer.model_copy(update={"lr": rate})
            for seed in (0, 1):
                config = base.model_copy(update={"optimizer": optimizer, "seed": seed})
                leave(config, 60.0, validation=accuracy + seed)
    return tmp_path / "results"


def test_the_table_of_rates_says_which_is_best_and_what_to_run(
    tuned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(tuned, tuned / "tables")
    rows = pd.read_csv(tuned / "tables" / "tune.csv")
    assert len(rows) == 6
    best = rows[rows["best"] == 1].set_index("mode")
    assert best["lr"].to_dict() == {"ce_mean": 0.01, "isbe_tanh": 0.1}
    assert best["validation_accuracy"].to_dict() == {"ce_mean": 90.5, "isbe_tanh": 88.5}
    assert best.loc["isbe_tanh", "points"] == pytest.approx(-2.0)
    assert best["edge"].fillna("").to_dict() == {"ce_mean": "", "isbe_tanh": "highest"}
    text = (tuned / "tables" / "tune.md").read_text()
    assert "highest: widen the grid" in text
    after = text.partition("with new seeds:\n\n```\n")[2].partition("```")[0]
    asked = set()
    for line in after.splitlines():
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        for composed in composition.compose():
            run = check(composed)
            asked.add((run.loss.name, run.optimizer.lr, run.seed))  # type: ignore[attr-defined]
    assert asked == {
        (mode, rate, seed)
        for mode, rate in (("ce_mean", 0.01), ("isbe_tanh", 0.1))
        for seed in range(2, 8)
    }


def test_the_figure_of_rates_marks_the_best(tuned: Path) -> None:
    ((name, figure),) = tuning.make(Analysis(collect(tuned)))
    assert name.startswith("tune-digits-n0")
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    stars = [line for line in axes.lines if line.get_marker() == "*"]
    assert [line.get_xydata().tolist() for line in stars] == [[[0.01, 90.5]], [[0.1, 88.5]]]  # type: ignore[union-attr]
    plt.close("all")


def test_the_report_says_the_best_rates_and_not_every_rate(tuned: Path) -> None:
    own = report.own.make(Analysis(collect(tuned)))
    assert own is not None
    assert own.lead == "12 trainings of n0 on digits with 2 seeds. "
    assert own.accuracies.empty
    assert own.verdicts == []
    assert own.rates == [
        "n0 on digits (2 epochs), ce_mean: 0.01; validation accuracy 90.50 ± 6.35%.",
        "n0 on digits (2 epochs), isbe_tanh: 0.1, the highest of the grid: widen the grid; validation "
        "accuracy 88.50 ± 6.35%, -2.00 [-2.00, -2.00] points against ce_mean at its own best rate (too "
        "few runs).",
    ]


def test_without_several_rates_there_is_no_table_of_rates(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 90.0)
    (tmp_path / "tune-of-runs-that-are-no-more.png").write_text("")
    analysis = Analysis(collect(tmp_path / "results"))
    assert analysis.tunings == []
    figures.write(figures.draw(analysis, [tuning.make]), tmp_path)
    assert list(tmp_path.glob("tune*")) == []
