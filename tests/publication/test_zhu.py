"""Tables, figures and claims on classifiers, from made-up runs whose truth is known."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import ready_below
from recorded import record, write_tables

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect
from isbe_bench.papers import zhu
from isbe_bench.publication import claims
from isbe_bench.publication.claim import Claim
from isbe_bench.publication.figures import classifiers as figures
from isbe_bench.publication.report import PAPERS
from isbe_bench.runs.rows import Diagnostic
from isbe_bench.tasks.train.settings import ReadyTraining

SEEDS = range(6)


def diagnostics(error: float, gradient: float, reach: float, norm: float) -> Iterator[Diagnostic]:
    """Three epochs that end at an error and a gradient; scores from -reach to reach; equal weights."""
    for epoch in (1, 2, 3):
        factor = 4.0 - epoch
        yield Diagnostic(epoch, "error", "scores", error * factor)
        yield Diagnostic(epoch, "gradient", "body.0.weight", 0.6 * gradient * factor)
        yield Diagnostic(epoch, "gradient", "body.3.weight", 0.8 * gradient * factor)
        yield Diagnostic(epoch, "gradient", "classifier.weight", 99.0)
    for share in np.arange(201) / 200:
        yield Diagnostic(3, "score", f"{share:g}", reach * (2 * share - 1))
    for label in range(10):
        yield Diagnostic(3, "weight", str(label), norm)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seeds on CIFAR-100: everything is as the text says, but for m = 0.8, and PEDCC-loss."""
    folder = tmp_path_factory.mktemp("classifiers") / "results"

    def make(*overrides: str) -> ReadyTraining:
        run = ready_below(
            folder, "dataset=cifar100", "dataset.download=true", "arch=resnet18", *overrides
        )
        assert isinstance(run, ReadyTraining)
        return run

    variants = {
        "ce_mean": (60.0, ("classifier=linear",), diagnostics(0.05, 1.0, 4.9, 3.0)),
        "1": (62.0, ("classifier=scaled_bn",), diagnostics(0.5, 2.0, 1.9, 1.0)),
        "0.8": (58.0, ("classifier=scaled_bn", "classifier.scale=0.8"), None),
        "affine": (61.0, ("classifier=scaled_bn", "classifier.affine=true"), None),
        "am": (60.1, ("loss=am_softmax", "classifier=cosine"), None),
        "pedcc": (59.0, ("loss=pedcc", "classifier=pedcc"), None),
    }
    for alpha, overrides, measured in variants.values():
        rows = list(measured or ())
        for seed in SEEDS:
            noise = 0.05 * (seed % 3)
            record(make, alpha + noise, *overrides, f"seed={seed}", diagnostics=rows)
    return folder


@pytest.fixture(scope="module")
def analysis(results: Path) -> Analysis:
    return Analysis(collect(results))


def test_the_table_of_classifiers(results: Path, analysis: Analysis, tmp_path: Path) -> None:
    write_tables(results, tmp_path)
    table = pd.read_csv(tmp_path / "classifiers.csv").set_index("variant")
    layer = table.loc["ce_mean/scaled_bn(1)"]
    assert layer["minus_ce_mean"] == pytest.approx(2.0)
    assert layer["minus_ce_mean_verdict"] == "higher"
    assert (layer["error"], layer["gradient"], layer["weights"]) == pytest.approx((0.5, 2.0, 1.0))
    assert layer["runs"] == 6
    assert table.loc["am_softmax(0.35)/cosine(7.5)", "minus_ce_mean_verdict"] == "same"
    assert bool(table["error"].isna()["pedcc(0.35)/pedcc(7.5)"])
    text = (tmp_path / "classifiers.md").read_text()
    assert "| am_softmax(0.35) | cosine(7.5)" in text
    assert "isbe-bench -m loss=am_softmax seed=0,1,2,3,4,5 arch=resnet18 dataset=cifar100" in text
    assert analysis.trainings == []  # cross-entropy alone is among the classifiers


def test_the_texts_tables_stand_beside_ours(results: Path, tmp_path: Path) -> None:
    write_tables(results, tmp_path)
    lines = (tmp_path / "zhu_table1.md").read_text().splitlines()
    (heading,) = (line for line in lines if "ours" in line and line.startswith("|"))
    assert "ResNet-18, 3 epochs, ours (runs)" in heading
    (row,) = (line for line in lines if line.startswith("| Scaled batch norm (m = 1)"))
    assert [cell.strip() for cell in row.split("|")[2:6]] == [
        "73.24 ± 0.06",
        "76.08 ± 0.30",
        "76.32 ± 0.51",
        "62.05 ± 0.05 (6)",
    ]
    (row,) = (line for line in lines if line.startswith("| Scaled batch norm (m = 0.9)"))
    assert row.split("|")[5].strip() == "-"
    assert "Not yet measured: VGG, ResNet-50" in "\n".join(lines)
    faces = (tmp_path / "zhu_table3.md").read_text()
    assert "ours (runs)" not in faces
    assert "isbe-bench experiment=zhu_table3 arch=vgg16,resnet18,resnet50" in faces


def test_figures_are_drawn_from_what_was_recorded(analysis: Analysis) -> None:
    made = dict(figures.make(analysis))
    assert [name.partition("-")[0] for name in made] == [
        "zhu_figure2", "zhu_figure3", "zhu_errors", "zhu_scale",
    ]  # fmt: skip
    by_name = {name.partition("-")[0]: figure for name, figure in made.items()}
    plain, layered = by_name["zhu_figure2"].axes
    assert plain.get_title() == "a linear classifier: 95% within -4.7 and 4.7"
    assert layered.get_title() == "scaled batch norm: 95% within -1.8 and 1.8"
    patches: Any = by_name["zhu_figure3"].axes[0].patches
    bars = [patch.get_height() for patch in patches]
    assert bars == [3.0] * 10 + [1.0] * 10
    errors, gradients = by_name["zhu_errors"].axes
    assert np.asarray(errors.lines[0].get_ydata()) == pytest.approx([0.15, 0.1, 0.05])
    assert np.asarray(gradients.lines[1].get_ydata()) == pytest.approx([6.0, 4.0, 2.0])


def verdicts(analysis: Analysis) -> dict[str, Claim]:
    return {claim.title: claim for claim in claims.make(analysis) if claim.source == "zhu"}


def test_each_claim_comes_out_right(analysis: Analysis) -> None:
    expected = {
        "Under cross-entropy the errors sent back become almost negligible": "holds",
        "Scaled batch norm keeps the errors sent back larger": "holds",
        "Scaled batch norm keeps the gradient of the network larger": "holds",
        "Scores lie within -5 and 5 without the layer, within -2 and 2 with it": "holds",
        "The weights of the last layer are much smaller with the layer": "holds",
        "Scaled batch norm with m = 0.8 is more accurate than cross-entropy": "does not hold",
        "Scaled batch norm with m = 0.9 is more accurate than cross-entropy": "not measured",
        "Scaled batch norm with m = 1 is more accurate than cross-entropy": "holds",
        "Scaled batch norm is more accurate than AM-Softmax and PEDCC-loss": "holds",
        "PEDCC-loss is the best of the improved losses": "does not hold",
        "AM-Softmax brings little on images other than faces": "holds",
        "A fixed scale is better than a learned gain and offset": "holds",
    }
    made = verdicts(analysis)
    assert {title: claim.verdict for title, claim in made.items()} == expected
    best = made["PEDCC-loss is the best of the improved losses"]
    assert "pedcc(0.35)/pedcc(7.5) against am_softmax(0.35)/cosine(7.5) -1.10 points" in (
        best.findings[0].evidence
    )
    commands = made["Scaled batch norm with m = 1 is more accurate than cross-entropy"].basis.commands
    assert len(commands) == 2
    assert any("classifier=scaled_bn" in command for command in commands)


def test_the_ceiling_of_the_probability() -> None:
    """Of ideally separated, balanced classes, behind batch norm; the values of docs/classifiers.md."""
    assert zhu.largest_probability(10, 1.0) == pytest.approx(0.757, abs=5e-4)
    assert zhu.largest_probability(100, 1.0) == pytest.approx(0.9957, abs=5e-5)
    for classes in (2, 10, 100):
        scores = np.eye(classes)
        normal = (scores - scores.mean(0)) / scores.std(0)
        soft = np.exp(normal) / np.exp(normal).sum(1, keepdims=True)
        assert zhu.largest_probability(classes, 1.0) == pytest.approx(soft[0, 0])


def test_the_texts_numbers_and_slips() -> None:
    assert len(zhu.ACCURACY) == 3 * 3 * 8
    gains = [
        round(max(zhu.ACCURACY[at, net, row.variant][0] for row in zhu.OURS)
              - zhu.ACCURACY[at, net, "ce_mean"][0], 2)
        for at in zhu.DATASETS
        for net in zhu.NETS
    ]  # fmt: skip
    assert gains == [2.27, 1.02, 0.67, 1.81, 1.23, 1.37, 1.19, 2.82, 2.37]
    numbers = " ".join(slip.numbers for slip in zhu.slips())
    assert "0.5761 and 0.7870, 21.09 points apart" in numbers
    assert "in 3 of 9 cells" in numbers
    assert [paper.source for paper in PAPERS] == ["skarbek", "zhu", "tomasi"]
