"""Tables of tau from records of timed runs: what they say is what was put in."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import MakeTiming, check
from recorded import record_times, write_tables

from isbe_bench.analysis import collection, origin
from isbe_bench.analysis.collection import collect
from isbe_bench.analysis.timings import MARGIN
from isbe_bench.catalogue.losses import CROSS_ENTROPY, ISBE, MODES
from isbe_bench.measuring import balanced_rounds
from isbe_bench.papers import skarbek
from isbe_bench.settings import composition


def written(tmp_path: Path, name: str) -> Any:  # a frame, whose cells pandas cannot type
    write_tables(tmp_path / "results", tmp_path / "tables")
    return pd.read_csv(tmp_path / "tables" / f"{name}.csv")


def markdown(tmp_path: Path, name: str) -> str:
    return (tmp_path / "tables" / f"{name}.md").read_text()


def test_table_1_holds_tau_beside_the_papers(make_timing: MakeTiming, tmp_path: Path) -> None:
    record_times(make_timing, backward={"isbe_tanh": 0.5})
    frame = written(tmp_path, "table1_tau").set_index("value")
    assert list(frame.columns[-8:]) == list(MODES)
    assert frame.loc["mean", "ce_sum"] == pytest.approx(60.0, abs=0.1)
    assert frame.loc["mean", "isbe_tanh"] == pytest.approx(100 * 3 / 7, abs=0.1)
    assert frame.loc["low", "ce_sum"] < frame.loc["mean", "ce_sum"] < frame.loc["high", "ce_sum"]
    assert frame.loc["processes", "ce_mean"] == 5
    assert frame.loc["paper", "isbe_tanh"] == 59.07
    assert "60.61" in markdown(tmp_path, "table1_tau")


def test_table_2_compares_within_rounds_and_judges(make_timing: MakeTiming, tmp_path: Path) -> None:
    record_times(make_timing, backward={"isbe_tanh": 0.8, "isbe_softmax": 1.2})
    frame = written(tmp_path, "table2_delta_tau").set_index(["ce", "value"])
    difference = 100 * 4.8 / 8.8 - 60
    for ce in ("mean", "none", "sum"):
        assert frame.loc[(ce, "mean"), "isbe_tanh"] == pytest.approx(difference, abs=0.1)
        # 30% between processes would leave an interval of points, if they were compared between rounds
        assert frame.loc[(ce, "high"), "isbe_tanh"] - frame.loc[(ce, "low"), "isbe_tanh"] < 0.3
        assert frame.loc[(ce, "low"), "A/A"] < 0 < frame.loc[(ce, "high"), "A/A"]
    assert frame.loc[("mean", "paper"), "isbe_softmax"] == -3.16
    verdicts = next(
        line for line in markdown(tmp_path, "table2_delta_tau").splitlines() if "| verdict" in line
    )
    assert "lower" in verdicts
    assert "higher" in verdicts
    assert "same within" in verdicts


def test_totals_say_what_is_saved_whatever_tau_says(make_timing: MakeTiming, tmp_path: Path) -> None:
    """Work that only moves from backward to forward lowers tau and saves nothing."""
    record_times(
        make_timing,
        forward={"isbe_tanh": 4.6 / 4},
        backward={"isbe_tanh": 5.4 / 6, "isbe_softmax": 0.9, "isbe_sigmoid": 1.1},
    )
    frame = written(tmp_path, "timing_totals")
    change = frame.set_index("mode")
    assert change.loc["isbe_tanh", "verdict"] == "same"
    assert change.loc["isbe_softmax", "verdict"] == "less"
    assert change.loc["isbe_softmax", "change_percent"] == pytest.approx(-6, abs=0.2)
    assert change.loc["isbe_sigmoid", "verdict"] == "more"
    text = markdown(tmp_path, "timing_totals")
    assert "faster" in text
    assert "slower" in text
    tau = written(tmp_path, "table2_delta_tau").set_index(["ce", "value"])
    assert tau.loc[("mean", "mean"), "isbe_tanh"] == pytest.approx(-6, abs=0.2)


def test_equals_that_differ_make_the_measurement_untrusted(
    make_timing: MakeTiming, tmp_path: Path
) -> None:
    record_times(make_timing, backward={"ce_mean@2": 1.1, "isbe_tanh": 0.5}, disturbed=2)
    frame = written(tmp_path, "timing_totals")
    assert set(frame["verdict"].dropna()) == {"untrusted"}
    assert "untrusted" in markdown(tmp_path, "table2_delta_tau")
    assert "2 of 5" in markdown(tmp_path, "table2_delta_tau")
    control = written(tmp_path, "timing_control").iloc[0]
    assert control["tau_low"] > 0
    assert control["disturbed"] == 2
    assert control["clock_ms"] == 1e-4
    assert "| no " in markdown(tmp_path, "timing_control")


@pytest.mark.parametrize(("disturbed", "verdict"), [(1, "less"), (2, "untrusted")])
def test_too_many_disturbed_processes_leave_no_verdict(
    make_timing: MakeTiming, tmp_path: Path, disturbed: int, verdict: str
) -> None:
    record_times(make_timing, backward={"isbe_tanh": 0.5}, disturbed=disturbed)
    frame = written(tmp_path, "timing_totals").set_index("mode")
    assert frame.loc["isbe_tanh", "verdict"] == verdict


def test_a_copied_folder_is_not_counted_twice(make_timing: MakeTiming, tmp_path: Path) -> None:
    slug = record_times(make_timing)
    runs = tmp_path / "results" / "runs"
    shutil.copytree(runs / slug, runs / f"{slug}-copy")
    read = collect(tmp_path / "results")
    assert read.timing.runs["run"].tolist() == [slug]
    (problem,) = read.problems
    assert f"{slug}-copy: left out, its name does not fit its config.yaml" in problem


def test_noise_beyond_the_margin_is_called_so(make_timing: MakeTiming, tmp_path: Path) -> None:
    record_times(make_timing, noise=0.05)
    frame = written(tmp_path, "timing_totals")
    change = frame[frame["mode"] != "ce_mean"]
    assert set(change["verdict"]) == {"too noisy"}
    assert (change["within"] > MARGIN).all()


def test_seeds_are_pooled_and_settings_are_not(make_timing: MakeTiming, tmp_path: Path) -> None:
    record_times(make_timing, "seed=0")
    record_times(make_timing, "seed=1")
    record_times(make_timing, "timing.batch_size=64")
    record_times(make_timing, "seed=2", environment={"allocator": {}})
    record_times(make_timing, "seed=3", environment={"device": "another CPU"})
    frame = written(tmp_path, "table1_tau")
    counts = frame[frame["value"] == "processes"].set_index(["device", "settings"])["ce_mean"]
    assert sorted(counts.to_dict().values()) == [5, 5, 5, 10]
    assert len(written(tmp_path, "timing_control")) == 5


def test_losses_of_the_users_choice_and_their_functions(make_timing: MakeTiming, tmp_path: Path) -> None:
    losses = "timing.losses=[isbe_softmax,isbe_softmax:function,ce_sum]"
    record_times(make_timing, losses, forward={"isbe_softmax:function": 1.2})
    change = written(tmp_path, "timing_totals").set_index("mode")
    assert change.loc["isbe_softmax:function", "change_percent"] == pytest.approx(8, abs=0.2)
    assert set(change["reference"]) == {"isbe_softmax"}
    table = written(tmp_path, "table2_delta_tau")
    assert set(table["ce"]) == {"sum"}
    assert {"isbe_softmax", "isbe_softmax:function"} <= set(table.columns)


def test_the_command_gives_these_runs_again(
    make_timing: MakeTiming, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_times(make_timing, "seed=3", "timing.losses=[ce_mean,isbe_tanh:function]", "device.threads=1")
    record_times(make_timing, "seed=4", "arch=n1")
    runs = collect(tmp_path / "results").timing.runs
    slugs = set()
    for line in origin.measurement_commands(runs):
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        for composed in composition.compose():
            slugs.add(check(composed).slug)
    assert slugs == set(runs["run"])


def test_records_keep_the_raw_samples(make_timing: MakeTiming, tmp_path: Path) -> None:
    slug = record_times(make_timing)
    read = collect(tmp_path / "results")
    first, second = (collection.write(read, tmp_path / name) for name in ("a", "b"))
    assert [path.name for path in first] == ["timing_runs.csv", "timing.csv.gz"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    samples = pd.read_csv(first[1])
    assert len(samples) == 5 * 22 * 9
    assert set(samples["run"]) == {slug}


def test_the_published_numbers_are_the_papers() -> None:
    assert skarbek.TAU["n1r"]["isbe_sigmoid"] == 51.67
    assert skarbek.TAU["n0"]["ce_mean"] == 60.61
    assert skarbek.DELTA_TAU["n1", "ce_sum"]["isbe_tanh"] == -1.87
    for (net, ce), row in skarbek.DELTA_TAU.items():
        assert tuple(row) == ISBE
        for mode, difference in row.items():
            recomputed = skarbek.TAU[net][mode] - skarbek.TAU[net][ce]
            # The paper's tables agree within rounding here, or nearly so.
            assert difference == pytest.approx(recomputed, abs=0.05)
    assert all(set(row) == {*CROSS_ENTROPY, *ISBE} for row in skarbek.TAU.values())


def test_the_first_round_of_orders_does_not_decide_the_order_of_a_table(
    make_timing: MakeTiming, tmp_path: Path
) -> None:
    assert balanced_rounds.orders(9)[0] != list(range(9))
    record_times(make_timing)
    modes = written(tmp_path, "timing_totals")["mode"].drop_duplicates().tolist()
    assert modes == ["ce_mean", "ce_mean@2", *MODES[1:]]
