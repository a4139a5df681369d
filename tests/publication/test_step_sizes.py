"""tau by the length of a step, from records of timed runs: `experiment=why_tau`."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import MakeTiming
from recorded import record_times

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect
from isbe_bench.publication import claims, figures, tables
from isbe_bench.publication.report import answers

LOSSES = "timing.losses=[ce_mean,ce_none,isbe_softmax]"


def written(
    analysis: Analysis, folder: Path, name: str
) -> Any:  # a frame, whose cells pandas cannot type
    tables.write(tables.make(analysis), folder)
    return pd.read_csv(folder / f"{name}.csv")


@pytest.fixture
def analysis(make_timing: MakeTiming, tmp_path: Path) -> Analysis:
    """Softmax moves a share of the backward phase into the forward phase: the smaller the batch, the more."""
    for size, share in ((2, 0.1), (16, 0.05), (128, 0.01)):
        record_times(
            make_timing,
            LOSSES,
            f"timing.batch_size={size}",
            f"seed={size}",
            forward={"isbe_softmax": 1 + 6 / 4 * share},
            backward={"isbe_softmax": 1 - share},
        )
    record_times(
        make_timing, LOSSES, "timing.sequence=consecutive", backward={"ce_none": 1.1}, noise=0.02
    )
    return Analysis(collect(tmp_path / "results"))


def test_the_shorter_a_step_the_further_tau_falls(analysis: Analysis, tmp_path: Path) -> None:
    rows = written(analysis, tmp_path, "tau_by_step").set_index(["mode", "batch_size"])
    softmax = rows.loc["isbe_softmax"]
    assert softmax["tau_points"].tolist() == pytest.approx([-6.0, -3.0, -0.6], abs=0.1)
    assert softmax["total_percent"].tolist() == pytest.approx([0, 0, 0], abs=0.2)
    assert (softmax["forward_ms"] + softmax["backward_ms"]).abs().max() < 0.02
    assert softmax["tau_verdict"].tolist() == ["less"] * 3
    assert rows.loc["ce_none", "tau_points"].abs().max() < 0.1


def test_the_spread_of_single_measurements(analysis: Analysis, tmp_path: Path) -> None:
    rows = written(analysis, tmp_path, "tau_spread").set_index(["sequence", "pair"])
    assert len(rows.loc["interleaved"]) == 3 * 2
    noisy = rows.loc[("consecutive", "A/A")].squeeze()
    assert noisy["std"] > 3 * rows.loc[("interleaved", "A/A"), "std"].max()
    assert rows.loc[("consecutive", "ce")].squeeze()["mean"] > 1.5


def test_tables_of_times_show_the_usual_batch_alone(analysis: Analysis, tmp_path: Path) -> None:
    assert written(analysis, tmp_path, "table1_tau")["value"].tolist().count("mean") == 1
    told = (tmp_path / "table1_tau.md").read_text()
    assert "consecutive" not in told
    assert "seed=128" in told
    assert "seed=2 " not in told
    tau = next(each for each in claims.make(analysis) if each.title == "tau is lower under ISBE")
    assert len(tau.findings) == 1
    assert "noise floor" in tau.findings[0].evidence


def test_two_sizes_are_two_measurements(make_timing: MakeTiming, tmp_path: Path) -> None:
    for size in (16, 128):
        record_times(make_timing, LOSSES, f"timing.batch_size={size}")
    analysis = Analysis(collect(tmp_path / "results"))
    assert not analysis.step_sizes
    assert len(analysis.shown_timings) == 2


def test_the_figure(analysis: Analysis) -> None:
    names = [each.name for each in figures.draw(analysis)]
    assert [name for name in names if name.startswith("tau_by_step")] == ["tau_by_step-digits-n0-a-CPU"]


def test_the_first_screen_says_why(analysis: Analysis, tmp_path: Path) -> None:
    why, apart = answers.of_step_sizes(analysis.step_sizes, analysis.timings)
    falls = "The shorter a step, the further tau falls, and no soft error saves more than"
    assert why.sentence.startswith(falls)
    assert 0 <= float(why.sentence.removeprefix(falls).split("%")[0]) < 0.3
    assert "softmax against ce_mean: with steps of" in why.evidence
    assert why.anchor == "tau_by_step"
    assert (
        "with batches of 128 images, mean, none and sum, which do the same work, lie" in apart.sentence
    )
    assert "in 4 of 5 at least the paper's 1.05" in apart.evidence
    (machine,) = answers.of_machines(analysis.timings)
    assert machine.evidence == "a CPU"


def test_the_times_that_the_paper_has_stay_in_the_tables(
    make_timing: MakeTiming, tmp_path: Path
) -> None:
    record_times(make_timing, LOSSES)
    for size in (2, 16, 128):
        record_times(make_timing, LOSSES, "device.threads=1", f"timing.batch_size={size}")
    shown = Analysis(collect(tmp_path / "results")).shown_timings
    assert [group.where["settings"] for group in shown] == [""]
    assert shown[0].runs["device.threads"].isna().all()


def test_of_two_measurements_with_one_size_the_longer_counts(
    make_timing: MakeTiming, tmp_path: Path
) -> None:
    for size in (2, 16, 128):
        record_times(make_timing, LOSSES, f"timing.batch_size={size}")
    record_times(make_timing, LOSSES, "timing.batch_size=16", "timing.rounds=30")
    (series,) = Analysis(collect(tmp_path / "results")).step_sizes
    assert series.by_size[16].runs["timing.rounds"].tolist() == [30]


def test_untrusted_measurements_answer_nothing(make_timing: MakeTiming, tmp_path: Path) -> None:
    for size, share in ((2, 0.1), (16, 0.05), (128, 0.01)):
        record_times(
            make_timing,
            LOSSES,
            f"timing.batch_size={size}",
            backward={"isbe_softmax": 1 - share},
            disturbed=5,
        )
    analysis = Analysis(collect(tmp_path / "results"))
    (why,) = answers.of_step_sizes(analysis.step_sizes, analysis.timings)
    assert why.sentence == "Whether tau falls further where a step is shorter is undecided"
    assert why.evidence.endswith("the measurements are untrusted")
