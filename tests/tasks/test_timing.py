"""`task=timing`: fair, complete, resumable, and refusing what it does not know."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import MakeTiming, Start
from recorded import as_version_0_1

from isbe_bench.analysis.collection import collect
from isbe_bench.catalogue.losses import base
from isbe_bench.data import sources
from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.measuring import processes, steps
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import TIMING
from isbe_bench.settings.loss import CrossEntropy, Isbe
from isbe_bench.statistics.intervals import MeanInterval
from isbe_bench.tasks.timing import work as timing

SMALL = (
    "timing.losses=[ce_mean,isbe_softmax,isbe_softmax:function]",
    "timing.processes=2",
    "timing.rounds=4",
    "timing.warmup=2",
    "timing.batch_size=8",
)


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fresh processes, which take seconds to start."""

    def call(work: Any, *arguments: Any, heard: processes.Report) -> Any:
        return work(*arguments, heard)

    monkeypatch.setattr("isbe_bench.measuring.processes.run_fresh", call)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("timing.rounds=0", "timing.rounds=0: allowed is an integer, 1 or more"),
        ("timing.warmup=0", "timing.warmup=0: allowed is an integer, 1 or more, or 0 with timing.sequence=consecutive"),
        ("timing.warmup=-1", "timing.warmup=-1: allowed is an integer, 0 or more"),
        ("timing.sequence=random", "timing.sequence=random: allowed is interleaved or consecutive"),
        ("timing.processes=1", "timing.processes=1: allowed is an integer, 2 or more"),
        ("timing.losses=[ce_mean,mse]", "timing.losses=[ce_mean,mse]: allowed is a list, [A,B], of one or more different of ce_mean"),
        ("timing.losses=[ce_mean,ce_mean]", "timing.losses=[ce_mean,ce_mean]: allowed is a list"),
        ("timing.losses=[ce_mean:function]", "timing.losses=[ce_mean:function]: allowed is a list"),
        ("timing.losses=[]", "timing.losses=[]: allowed is a list"),
        ("timing.losses=ce_mean", "timing.losses=ce_mean: allowed is a list"),
        ("+timing.modes=[1]", "timing.modes=[1]: unknown key"),
        ("timing.engine=fast", "timing.engine=fast: allowed is eager or graph"),
        ("timing.engine=graph device=cpu", "timing.engine=graph: needs CUDA, and the device is cpu; allowed is eager"),
        ("timing.batch_size=2000", "timing.batch_size=2000: allowed is 1 to 1293"),
        ("arch=n1 timing.batch_size=1", "timing.batch_size=1: leaves a batch of 1 image"),
        ("arch=vgg16", "arch.name=vgg16: cannot take images of 28x28"),
    ],
)  # fmt: skip
def test_bad_values_are_named_in_one_line(make_timing: MakeTiming, overrides: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        make_timing(*overrides.split())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_graphs_need_cuda(make_timing: MakeTiming, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    assert make_timing("timing.engine=graph").device.name == "cuda"


def test_the_default_is_all_eight_and_their_definitions_are_part_of_the_run(
    make_timing: MakeTiming,
) -> None:
    config = make_timing()
    modes = config.timing.modes
    assert tuple(mode.name for mode in modes) == config.timing.losses
    assert len(modes) == 8
    function = make_timing("timing.losses=[ce_mean,isbe_tanh:function]").timing.modes
    assert isinstance(function[0], CrossEntropy)
    assert isinstance(function[1], Isbe)
    assert function[1].implementation == "function"
    other = config.timing.model_copy(update={"modes": (modes[1], *modes[1:])})
    changed = config.model_copy(update={"timing": other})
    assert changed.slug != config.slug


@pytest.mark.usefixtures("in_this_process")
def test_every_loss_and_the_twin_is_measured_once_a_round(make_timing: MakeTiming) -> None:
    config = make_timing(*SMALL)
    outcome = run.execute(config)
    assert outcome.status == "done"
    assert "A/A" in outcome.note
    samples = pd.read_csv(RunFolder(config).path / TIMING)
    assert list(samples) == [
        "process",
        "round",
        "position",
        "mode",
        "forward_ms",
        "backward_ms",
        "warmup",
    ]
    modes = {"ce_mean", "ce_mean@2", "isbe_softmax", "isbe_softmax:function"}
    for (_, number), of_round in samples.groupby(["process", "round"]):
        assert set(of_round["mode"]) == modes
        assert len(of_round) == 4
        assert set(of_round["warmup"]) == {int(int(str(number)) < 2)}
    assert len(samples) == 2 * 6 * 4
    assert (samples[["forward_ms", "backward_ms"]] > 0).all(axis=None)
    conditions = pd.read_csv(RunFolder(config).path / "processes.csv")
    assert conditions["process"].tolist() == [0, 1]
    assert (conditions["clock_ms"] < samples["forward_ms"].median() / 100).all()
    assert run.execute(config).status == "already done"


@pytest.mark.usefixtures("in_this_process")
def test_losses_can_be_measured_one_after_another(make_timing: MakeTiming) -> None:
    config = make_timing(*SMALL, "timing.sequence=consecutive", "timing.warmup=0")
    assert run.execute(config).status == "done"
    samples = pd.read_csv(RunFolder(config).path / TIMING)
    names = ("ce_mean", "isbe_softmax", "isbe_softmax:function", "ce_mean@2")
    assert samples["mode"].tolist() == 2 * [name for name in names for _ in range(4)]
    assert not samples["warmup"].any()


CLASSIFIERS = "timing.classifiers=[linear,scaled_bn,cosine]"


@pytest.mark.usefixtures("in_this_process")
def test_each_loss_is_measured_with_each_classifier_that_it_fits(make_timing: MakeTiming) -> None:
    losses = "timing.losses=[ce_mean,am_softmax,isbe_softmax:function,center]"
    config = make_timing(*SMALL, losses, CLASSIFIERS)
    assert run.execute(config).status == "done"
    samples = pd.read_csv(RunFolder(config).path / TIMING)
    names = (
        "ce_mean", "isbe_softmax:function", "center",
        "ce_mean/scaled_bn", "isbe_softmax:function/scaled_bn", "center/scaled_bn",
        "ce_mean/cosine", "am_softmax/cosine", "isbe_softmax:function/cosine", "center/cosine",
        "ce_mean@2",
    )  # fmt: skip
    assert set(samples["mode"]) == set(names)
    assert [base(name) for name in names[:3]] == ["ce_mean", "isbe_softmax", "center"]
    assert base("isbe_softmax:function/scaled_bn@2") == "isbe_softmax"


def test_classifiers_share_the_body_that_they_are_timed_with(make_timing: MakeTiming) -> None:
    config = make_timing(CLASSIFIERS)
    images = sources.describe(config.dataset)
    cpu = torch.device("cpu")
    made: Any = timing._networks(config, DeviceDataset(config.dataset, 0, cpu), images, cpu)
    assert list(made) == ["linear", "scaled_bn", "cosine"]
    assert len({id(network.body) for network in made.values()}) == 1
    assert len({id(network.classifier) for network in made.values()}) == 3


def test_classifiers_are_part_of_the_run_unless_they_are_linear(make_timing: MakeTiming) -> None:
    plain, other = make_timing(), make_timing(CLASSIFIERS)
    assert not {"timing.classifiers", "timing.layers"} & plain.identity().keys()
    assert other.identity()["timing.layers"][1] == {"name": "scaled_bn", "scale": 1.0, "affine": False}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["timing.losses=[ce_mean,am_softmax]"],
            "timing.losses=am_softmax: fits none of timing.classifiers=[linear] (loss.name=am_softmax: ",
        ),
        (
            ["timing.losses=[am_softmax,ce_mean]", CLASSIFIERS],
            "timing.losses=am_softmax: the first of them, and of timing.classifiers=[linear,scaled_bn,"
            "cosine], do not fit (loss.name=am_softmax: needs scores",
        ),
        (["timing.classifiers=[linear,cosin]"], "timing.classifiers=[linear,cosin]: allowed is a list"),
    ],
)
def test_a_loss_that_fits_no_classifier_is_refused(
    make_timing: MakeTiming, overrides: list[str], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        make_timing(*overrides)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("tau", "total", "trusted"), [(0.1, 0.1, True), (0.5, 0.1, False), (0.1, -0.5, False)]
)
def test_the_note_tells_of_both_controls(tau: float, total: float, trusted: bool) -> None:
    intervals = [MeanInterval(mean, mean - 0.2, mean + 0.2, 5) for mean in (tau, total)]
    note = timing.control_note(*intervals)
    assert f"{tau:+.2f}" in note
    assert f"{total:+.2f}%" in note
    assert ("UNTRUSTED" not in note) == trusted
    assert ("force=true" not in note) == trusted


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process")
def test_all_modes_see_the_same_scores_and_none_of_them_learns(
    make_timing: MakeTiming, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[int, list[torch.Tensor]] = {}
    weights: list[torch.Tensor] = []
    gradients: list[bool] = []

    class Recording(steps.EagerStep):
        def __call__(self, images: torch.Tensor, labels: torch.Tensor) -> Any:
            forward = self._mode.forward

            def keep(scores: torch.Tensor, labels: torch.Tensor) -> None:
                seen.setdefault(calls[0] // 4, []).append(scores.detach().clone())
                forward(scores, labels)

            monkeypatch.setattr(self._mode, "forward", keep)
            times = super().__call__(images, labels)
            monkeypatch.setattr(self._mode, "forward", forward)
            calls[0] += 1
            parameters = list(self._network.parameters())
            gradients.append(any(parameter.grad is not None for parameter in parameters))
            weights.append(torch.cat([parameter.detach().flatten() for parameter in parameters]))
            return times

    calls = [0]
    monkeypatch.setattr(steps, "EagerStep", Recording)
    timing.work(make_timing(*SMALL), 0, lambda content: None)
    assert len(seen) == 6
    for scores in seen.values():
        assert len(scores) == 4
        assert all(torch.equal(scores[0], other) for other in scores[1:])
    assert not torch.equal(seen[0][0], seen[1][0])
    assert all(torch.equal(weights[0], other) for other in weights[1:])
    assert not any(gradients)


def test_fresh_processes_leave_a_run_that_tables_can_read(
    make_timing: MakeTiming, tmp_path: Path
) -> None:
    config = make_timing(*SMALL)
    outcome = run.execute(config)
    assert outcome.status == "done", outcome.note
    collection = collect(tmp_path / "results")
    assert not collection.problems
    (row,) = collection.timing.runs.to_dict("records")
    assert (row["run"], row["net"], row["processes"]) == (config.slug, "n0", 2)
    assert len(collection.timing.samples) == 2 * 6 * 4


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("finished", [1, 2])
def test_an_interrupt_keeps_the_finished_processes(
    make_timing: MakeTiming, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, finished: int
) -> None:
    config = make_timing(*SMALL, "timing.processes=3")
    work = timing.work

    def interrupted(config: Any, process: int, report: Any) -> Any:
        if process == finished:
            assert set(json.loads((RunFolder(config).path / "manifest.json").read_text())) > {TIMING}
            raise KeyboardInterrupt
        return work(config, process, report)

    with monkeypatch.context() as patch:
        patch.setattr(timing, "work", interrupted)
        outcome = run.execute(config)
    assert outcome.status == "interrupted"
    path = RunFolder(config).path / TIMING
    kept = path.read_text()
    assert len(kept.splitlines()) == 1 + finished * 24
    collection = collect(tmp_path / "results")
    assert len(collection.problems) == 1
    assert len(collection.timing.runs) == (finished == 2)  # one process says nothing of the spread
    assert run.execute(config).status == "done"
    assert path.read_text().startswith(kept)
    assert len(path.read_text().splitlines()) == 1 + 3 * 24
    assert not collect(tmp_path / "results").problems


@pytest.mark.slow
def test_ctrl_c_in_a_terminal(start: Start, tmp_path: Path) -> None:
    """It reaches the waiting process and the one that measures."""
    command = [
        sys.executable,
        "-m",
        "isbe_bench",
        "task=timing",
        *SMALL[:1],
        *SMALL[2:],
        "timing.processes=99",
    ]
    process = start(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (found := list(tmp_path.glob("results/runs/*/processes.csv"))):
        assert time.monotonic() < deadline, "no process has finished within a minute"
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in printed
    assert "the same command resumes it" in printed
    assert "Traceback" not in printed
    assert len(pd.read_csv(found[0])) >= 1
    while _is_there(process.pid):  # Python's own helper of multiprocessing ends a moment later
        assert time.monotonic() < deadline + 60, "a process was left behind"
        time.sleep(0.05)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.usefixtures("in_this_process")
def test_a_run_begun_elsewhere_starts_afresh(
    make_timing: MakeTiming, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_timing(*SMALL)
    folder = RunFolder(config)
    run.execute(config)
    folder.end("interrupted")
    folder.begin({**folder.read_environment(), "device": "another"})
    assert run.execute(config).status == "done"
    assert "begun under another device; starting afresh" in capsys.readouterr().out
    assert len(pd.read_csv(folder.path / TIMING)) == 2 * 24


def test_a_process_that_fails_is_an_error_with_its_traceback(
    make_timing: MakeTiming, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, heard: Any) -> None:
        raise processes.ProcessError("ValueError: no\n\nTraceback (most recent call last):\n  somewhere")

    monkeypatch.setattr("isbe_bench.measuring.processes.run_fresh", fail)
    config = make_timing(*SMALL)
    outcome = run.execute(config)
    assert outcome.status == "error"
    assert "ValueError: no" in outcome.note
    assert "somewhere" in (RunFolder(config).path / "status.json").read_text()


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("timing.csv", "forward_ms", "other", "timing.csv has no column forward_ms"),
        (
            "timing.csv",
            ",0\n0,2,1,",
            ",2\n0,2,1,",
            "timing.csv: warmup holds 2: allowed is a whole number from 0 to 1",
        ),
        (
            "processes.csv",
            "\n1,",
            "\n-7,",
            "processes.csv: process holds -7: allowed is a whole number of 0 or more",
        ),
        ("processes.csv", "disturbed", "other", "processes.csv has no column disturbed"),
    ],
)
def test_a_damaged_record_is_named_and_left_out(
    make_timing: MakeTiming, tmp_path: Path, file: str, old: str, new: str, reason: str
) -> None:
    config = make_timing(*SMALL)
    run.execute(config)
    path = RunFolder(config).path / file
    path.write_text(path.read_text().replace(old, new))
    for told in (f"{file} was changed after the run wrote it", reason):
        collection = collect(tmp_path / "results")
        assert collection.empty
        (problem,) = collection.problems
        assert told in problem
        assert "force=true" in problem
        as_version_0_1(path.parent)


@pytest.mark.usefixtures("in_this_process")
def test_a_run_without_all_its_processes_is_left_out(make_timing: MakeTiming, tmp_path: Path) -> None:
    config = make_timing(*SMALL)
    run.execute(config)
    folder = RunFolder(config).path
    as_version_0_1(folder)
    processes = folder / "processes.csv"
    processes.write_text("".join(processes.read_text().splitlines(keepends=True)[:2]))
    (problem,) = collect(tmp_path / "results").problems
    assert "left out, it holds 1 of 2 processes" in problem


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.usefixtures("in_this_process")
def test_a_graph_computes_what_eager_steps_do(make_timing: MakeTiming) -> None:
    from isbe_bench import losses, networks
    from isbe_bench.data import sources
    from isbe_bench.measuring import clocks

    config = make_timing("arch.batch_norm=false", "device=cuda")
    device = torch.device("cuda", 0)
    description = sources.describe(config.dataset)
    network = networks.initialised(
        config.arch, description.shape, description.classes, 0, device
    ).eval()  # without dropout
    images = torch.randn(8, *description.shape, device=device)
    labels = torch.randint(10, (8,), device=device)
    for definition in config.timing.modes:
        mode = losses.make(definition, description.classes)
        batch = (torch.zeros_like(images), torch.zeros_like(labels))
        graph = steps.GraphStep(network, mode, clocks.make(device), batch)
        for _ in range(2):
            graph(images, labels)
        mode.forward(network(images), labels)
        mode.backward()
        for parameter, gradient in zip(network.parameters(), graph.gradients, strict=True):
            torch.testing.assert_close(gradient, parameter.grad)
        network.zero_grad()
    assert np.isfinite(list(graph(images, labels).values())).all()
