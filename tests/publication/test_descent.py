"""Tables, figures and claims of descent: batch sizes, optimisers, early stopping, signals."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import Make
from recorded import record, write_tables

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect
from isbe_bench.execution.run import execute
from isbe_bench.publication.claim import Claim
from isbe_bench.publication.claims import descent as claims
from isbe_bench.publication.figures import descent as descent_figures
from isbe_bench.publication.figures import signals as signal_figures
from isbe_bench.publication.publishing import Publication
from isbe_bench.runs.rows import Diagnostic, Signal, Stopped

Judged = Callable[[], dict[str, Claim]]
SEEDS = range(6)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def judged(results: Path) -> Judged:
    def judge() -> dict[str, Claim]:
        return {claim.title: claim for claim in claims.make(Analysis(collect(results)))}

    return judge


def descended(make: Make, losses: dict[int, float], seeds: int = 6) -> None:
    """Each batch size ends at a training loss at its middle rate, where validation loss is lowest."""
    for size, loss in losses.items():
        for seed in range(seeds):
            for rate, validation in ((0.001, 0.3), (0.01, 0.1), (0.1, 0.9)):
                curve = [1.0, 0.9, loss * (1 + 0.01 * seed) if rate == 0.01 else 0.001]
                overrides = f"train.batch_size={size}", f"optimizer.lr={rate}", f"seed={seed}"
                record(make, 90.0, *overrides, losses=curve, validation_loss=validation)


def test_each_batch_size_has_its_own_rate_and_is_compared_with_the_largest(
    make_config: Make, results: Path, tmp_path: Path
) -> None:
    descended(make_config, {1: 0.2, 32: 0.1, 1293: 0.4}, seeds=2)
    write_tables(results, tmp_path)
    table = pd.read_csv(tmp_path / "descent.csv").set_index("batch_size")
    assert table["lr"].eq(0.01).all()  # not the rates with a lower training loss
    assert table["edge"].isna().all()
    assert table.loc[32, "ratio"] == pytest.approx(0.25)
    assert table["ratio"].isna().tolist() == [False, False, True]
    assert table.loc[32, "points"] == 0
    (group,) = Analysis(collect(results)).descents
    assert group.curve(1, "train_loss").loc[3, "mean"] == pytest.approx(0.2 * 1.005)
    assert Analysis(collect(results)).shown == []  # the runs only chose rates


def test_a_single_batch_size_is_no_descent(make_config: Make, results: Path, tmp_path: Path) -> None:
    descended(make_config, {32: 0.1}, seeds=2)
    write_tables(results, tmp_path)
    assert not (tmp_path / "descent.csv").exists()
    assert (tmp_path / "tune.csv").exists()


ONLINE = "Online learning converges faster than batch learning for the same effort"
SMALL = "A small mini-batch is better than a single image and than many"


@pytest.mark.parametrize(
    ("losses", "online", "small"),
    [
        ({1: 0.2, 32: 0.1, 1293: 0.4}, "holds", "holds"),
        pytest.param({1: 0.5, 32: 0.1, 1293: 0.4}, "does not hold", "holds", marks=pytest.mark.slow),
        pytest.param({1: 0.05, 32: 0.1, 1293: 0.4}, "holds", "does not hold", marks=pytest.mark.slow),
        pytest.param({8: 0.1, 32: 0.2}, "not measured", "not measured", marks=pytest.mark.slow),
        pytest.param({1: 0.2, 1293: 0.4}, "holds", "not measured", marks=pytest.mark.slow),
    ],
)
def test_claims_on_batch_sizes(
    make_config: Make, judged: Judged, losses: dict[int, float], online: str, small: str
) -> None:
    descended(make_config, losses)
    made = judged()
    assert (made[ONLINE].verdict, made[SMALL].verdict) == (online, small)


def test_too_few_seeds_decide_nothing(make_config: Make, judged: Judged) -> None:
    descended(make_config, {1: 0.2, 32: 0.1, 1293: 0.4}, seeds=3)
    assert judged()[ONLINE].verdict == "undecided"


def test_the_figure_of_descent(make_config: Make, results: Path) -> None:
    descended(make_config, {1: 0.2, 32: 0.1, 1293: 0.4}, seeds=2)
    ((name, figure),) = descent_figures.make(Analysis(collect(results)))
    assert name.startswith("descent-digits-n0-")
    loss, accuracy = figure.axes
    assert [len(panel.lines) for panel in (loss, accuracy)] == [3, 3]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["B = 1, lr 0.01", "B = 32, lr 0.01", "B = 1293, lr 0.01"]


def test_optimisers_are_compared_with_sgd(make_config: Make, results: Path, tmp_path: Path) -> None:
    for seed in SEEDS:
        for name, alpha in (("sgd", 90.0), ("heavy_ball", 92.0)):
            more = ["optimizer.rise=0"] if name == "heavy_ball" else []
            common = "optimizer.momentum=0.9", "optimizer.lr=0.03", f"seed={seed}"
            record(make_config, alpha + 0.1 * seed, f"optimizer={name}", *common, *more)
    write_tables(results, tmp_path)
    table = pd.read_csv(tmp_path / "optimizers.csv").set_index("optimizer")
    assert table.loc["heavy_ball", "points"] == pytest.approx(2.0)
    assert table.loc["heavy_ball", "verdict"] == "higher"
    assert table["points"].isna().to_dict() == {"sgd": True, "heavy_ball": False}
    assert not (tmp_path / "schedules.csv").exists()
    assert not (tmp_path / "precision.csv").exists()


def test_modes_under_two_optimisers_are_shown_one_by_one_too(make_config: Make, results: Path) -> None:
    for name in ("sgd", "adam"):
        for loss in ("ce_mean", "isbe_tanh"):
            record(make_config, 90.0, f"optimizer={name}", f"loss={loss}")
    analysis = Analysis(collect(results))
    assert len(analysis.shown) == len(analysis.trainings) == 2


def stopped(make: Make, seed: int, alpha: float, stop: Stopped) -> None:
    """Test accuracies of alpha - 5, alpha - 2.5 and alpha in three epochs, or two of four."""
    goes_on = () if stop.ended else ("train.stop.continue=true",)
    record(make, alpha, f"seed={seed}", "train.stop.patience=1", *goes_on, stop=stop)


STOPPING = "Stopping where the validation error bottoms out improves generalization"


def test_the_stop_is_compared_with_the_end_of_the_same_training(
    make_config: Make, results: Path, tmp_path: Path, judged: Judged
) -> None:
    for seed in SEEDS:
        stopped(make_config, seed, 90.0 + 0.1 * seed, Stopped("patience", 3, 2, ended=0))
    write_tables(results, tmp_path)
    (row,) = pd.read_csv(tmp_path / "stopping.csv").to_dict("records")
    assert (row["epoch"], row["kept"], row["met"], row["runs"]) == (3, 2, 6, 6)
    assert row["points"] == pytest.approx(-2.5)
    assert row["verdict"] == "lower"
    (stops,) = Analysis(collect(results)).stops
    assert stops.of("ce_mean")["at_end"].tolist()[0] == pytest.approx(90.0)
    claim = judged()[STOPPING]
    assert claim.verdict == "does not hold"
    assert "6 of 6" in claim.findings[0].evidence


def test_a_training_that_ended_at_its_stop_has_the_accuracy_of_the_kept_epoch(
    make_config: Make, results: Path, tmp_path: Path, judged: Judged
) -> None:
    stopped(make_config, 0, 90.0, Stopped("patience", 3, 2, ended=1))
    collection = collect(results)
    assert collection.problems == []
    assert collection.runs["alpha"].tolist() == pytest.approx([87.5])
    write_tables(results, tmp_path)
    (row,) = pd.read_csv(tmp_path / "stopping.csv").to_dict("records")
    assert row["at_stop"] == pytest.approx(87.5)
    assert "points" not in row
    assert judged()[STOPPING].verdict == "not measured"


def test_fewer_epochs_than_the_stop_says_are_noticed(make_config: Make, results: Path) -> None:
    stopped(make_config, 0, 90.0, Stopped("patience", 4, 2, ended=1))
    collection = collect(results)
    assert collection.runs.empty
    assert "does not hold epochs 1 to 4" in collection.problems[0]


def test_figures_of_gradients_and_signals(make_config: Make, results: Path) -> None:
    for loss in ("ce_mean", "isbe_tanh"):
        gradients = [
            Diagnostic(epoch, "gradient", layer, 1.0 / epoch)
            for epoch in (1, 2, 3)
            for layer in ("body.0.weight", "classifier.weight")
        ]
        signals = [
            signal
            for epoch in (1, 2, 3)
            for signal in (
                Signal(epoch, "weight", "body.0.weight", 3.0),
                Signal(epoch, "weight", "classifier.weight", 4.0),
                Signal(epoch, "score", "0.05", -1.0),
                Signal(epoch, "score", "0.95", 2.0),
                Signal(epoch, "calibration_error", "", 0.1),
                Signal(epoch, "confidence", "1", 1.0),
                Signal(epoch, "right", "1", 0.9),
            )
        ]
        record(make_config, 90.0, f"loss={loss}", diagnostics=gradients, signals=signals)
    record(make_config, 90.0, "loss=isbe_sigmoid")  # as an old run, which gets no empty panel
    analysis = Analysis(collect(results))
    (group,) = analysis.signals
    assert group.layers == ["body.0.weight", "classifier.weight"]
    assert group.weight_norm("ce_mean")["mean"].tolist() == [5.0, 5.0, 5.0]
    assert group.score_range("ce_mean")["mean"].tolist() == [3.0, 3.0, 3.0]
    assert group.reliability("isbe_tanh").to_dict() == {"share": {1.0: 1.0}, "right": {1.0: 0.9}}
    figures = dict(signal_figures.make(analysis))
    assert set(figures) == {"gradients-digits-n0-", "signals-digits-n0-"}
    panels = figures["gradients-digits-n0-"].axes
    assert [len(panel.lines) for panel in panels] == [2, 2]
    assert len(figures["signals-digits-n0-"].axes) == 4


@pytest.mark.slow
def test_trainings_that_end_at_different_epochs_are_published_together(
    make_config: Make, results: Path
) -> None:
    """From its stop on, a training stays what its kept epoch is."""
    stop = "arch=perceptron", "train.epochs=8", "train.stop.patience=1", "optimizer.lr=0.03"
    for loss in ("loss=ce_mean", "loss=isbe_softmax", "loss=center"):
        for seed in (0, 1):
            run = make_config(*stop, loss, f"seed={seed}", "train.signals=[calibration]")
            assert execute(run).status == "done"
    analysis = Analysis(collect(results))
    lengths = analysis.collection.epochs.groupby("run").size()
    assert len(set(lengths)) > 1
    (group,) = analysis.trainings
    last = group.curves[group.curves["epoch"] == 8].set_index("run")["test_accuracy"]
    assert last.to_dict() == pytest.approx(group.runs.set_index("run")["alpha"].to_dict())
    html, _ = Publication(results).write_report()
    assert "Early stopping" in html.read_text()
    assert "train.stop.patience=1" in (results / "report.md").read_text()
