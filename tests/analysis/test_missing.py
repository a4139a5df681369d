"""What partial sweeps lack, and that the command told fills it."""

import re
import shlex
import sys
from pathlib import Path

import pytest
from conftest import Make, MakeTiming, check
from recorded import leave, record, record_times, write_tables

from isbe_bench.analysis.collection import collect
from isbe_bench.analysis.missing import missing_measurements, missing_trainings
from isbe_bench.catalogue.losses import MODES
from isbe_bench.papers.skarbek import NETS
from isbe_bench.settings import composition


def slugs(markdown: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The runs of the commands in a code block."""
    found = set()
    for line in re.findall(r"^isbe-bench .*$", markdown, re.MULTILINE):
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        found |= {check(each).slug for each in composition.compose()}
    return found


@pytest.mark.slow
def test_a_partial_sweep_is_told_what_fills_it(
    make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = ("dataset=mnist", "device.threads=1")
    made = {
        (net, mode): make_config(*usual, f"arch={net}", f"loss={mode}", f"train.epochs={epochs}")
        for net, epochs in zip(NETS, (3, 5, 3), strict=True)
        for mode in MODES
    }
    for mode in MODES:
        for seed in (0, 1):
            if (mode, seed) != ("isbe_tanh", 1):
                leave(made["n0", mode].model_copy(update={"seed": seed}), 99.0)
    record(make_config, 99.0, *usual, "arch=n1", "loss=ce_mean", epochs=5)
    record(
        make_config, 50.0, *usual, "loss=ce_mean", "optimizer.lr=0.5"
    )  # a trial: nothing of it is missing
    runs = collect(tmp_path / "results").runs
    told = missing_trainings(runs)
    assert "n0: isbe_tanh (seed 1); n1: ce_mean (seed 1), ce_none, ce_sum," in told
    assert "; n1r: all." in told
    wanted = slugs(told, monkeypatch)
    expected = {each.model_copy(update={"seed": seed}).slug for each in made.values() for seed in (0, 1)}
    there = {run for run in runs["run"] if run in expected}
    assert expected - there <= wanted <= expected
    write_tables(tmp_path / "results", tmp_path / "tables")
    for name in ("table3_alpha", "table4_delta_alpha"):
        assert told in (tmp_path / "tables" / f"{name}.md").read_text()


def test_a_whole_table_lacks_nothing(make_config: Make, tmp_path: Path) -> None:
    for net in NETS:
        for mode in MODES:
            record(make_config, 99.0, "dataset=mnist", f"arch={net}", f"loss={mode}")
    assert missing_trainings(collect(tmp_path / "results").runs) == ""


def test_without_mnist_the_whole_experiment_is_told(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 90.0)
    assert "isbe-bench experiment=table3_alpha" in missing_trainings(collect(tmp_path / "results").runs)


def test_nets_without_times_are_told(make_timing: MakeTiming, tmp_path: Path) -> None:
    record_times(make_timing, "dataset=mnist", "arch=n1")
    told = missing_measurements(collect(tmp_path / "results").timing.runs)
    assert "n0: all; n1r: all." in told
    assert "isbe-bench -m experiment=table1_tau arch=n0,n1r" in told
    record_times(
        make_timing, "dataset=mnist", "arch=n0", "timing.losses=[ce_mean,isbe_softmax,isbe_tanh]"
    )
    told = missing_measurements(collect(tmp_path / "results").timing.runs)
    assert "n0: ce_none, ce_sum, isbe_hardsigmoid, isbe_hardtanh, isbe_sigmoid; n1r: all." in told
