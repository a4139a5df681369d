"""Trackers with their real libraries and stores: what they get of runs, and what they leave alone."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import tracker_stores as stores
from conftest import Make, MakeTheory, MakeTiming
from PIL import Image
from recorded import record

from isbe_bench import tracking
from isbe_bench.cli import results as words
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import Epoch
from isbe_bench.settings.tracker import TrackerName
from isbe_bench.tasks.train import work
from isbe_bench.tasks.train.settings import ReadyTraining
from isbe_bench.tracking.tracker import Beginning, Ending, Published, Verdict

TRACKERS: Sequence[TrackerName] = ("tensorboard", "mlflow", "wandb")
SMALL = ("arch=perceptron", "train.epochs=3")


@pytest.fixture(params=TRACKERS)
def tracker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> TrackerName:
    """A tracker whose library is installed, as the user's environment leaves it."""
    pytest.importorskip(request.param, reason=f"needs pip install 'isbe-bench[{request.param}]'")
    for variable in os.environ:
        if variable.startswith(("WANDB_", "MLFLOW_TRACKING", "MLFLOW_EXPERIMENT")):
            monkeypatch.delenv(variable)
    name: TrackerName = request.param
    return name


def interrupt_after(monkeypatch: pytest.MonkeyPatch, epochs: int) -> None:
    """Let the next attempt be interrupted when it has recorded so many epochs."""
    original = work.Recorder.record

    def record(self: work.Recorder, epoch: Epoch) -> None:
        original(self, epoch)
        if epoch.epoch == epochs:
            monkeypatch.setattr(work.Recorder, "record", original)
            raise KeyboardInterrupt

    monkeypatch.setattr(work.Recorder, "record", record)


def results_of(ready: ReadyTraining) -> dict[str, object]:
    """What has to be the same bits with every tracker."""
    folder = RunFolder(ready).path
    epochs = pd.read_csv(folder / "epochs.csv").filter(regex="^(?!.*(_ms|_s)$)")
    files = {name: (folder / name).read_bytes() for name in ("predictions.csv", "diagnostics.csv")}
    return {"epochs": epochs.to_csv(), **files}


def assert_tracked(tracked: stores.Tracked, ready: ReadyTraining, status: str = "done") -> None:
    """Check that each epoch is there once, with the values of `epochs.csv`."""
    epochs = pd.read_csv(RunFolder(ready).path / "epochs.csv")
    for curve, column in (
        ("loss/train", "train_loss"),
        ("accuracy/test", "test_accuracy"),
        ("time/forward_ms", "forward_ms"),
    ):
        steps, values = zip(*tracked.curves[curve], strict=True)
        assert list(steps) == epochs["epoch"].tolist(), curve
        assert list(values) == pytest.approx(epochs[column].tolist(), rel=1e-6)
    assert tracked.settings["arch.name"] == "perceptron"
    assert tracked.settings["seed"] == str(ready.seed)
    assert "results_dir" not in tracked.settings
    assert tracked.status == status
    if status == "done":
        ((_, alpha),) = tracked.curves["alpha"]
        assert alpha == pytest.approx(epochs["test_accuracy"].iloc[-1], rel=1e-6)


def test_a_tracked_training_has_the_same_bits_and_all_its_curves(
    tracker: TrackerName, make_config: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = make_config(*SMALL, f"results_dir={tmp_path / 'plain'}")
    ready = make_config(*SMALL, f"tracker={tracker}")
    assert run.execute(plain).status == run.execute(ready).status == "done"
    assert results_of(plain) == results_of(ready)
    (tracked,) = stores.read(tracker, tmp_path / "results")
    assert_tracked(tracked, ready)
    assert run.execute(make_config(*SMALL)).status == "already done"
    assert capsys.readouterr() == ("", "")
    assert {path.name for path in (tmp_path / "results").iterdir()} == {".locks", "runs", "trackers"}


def test_a_resumed_run_goes_on_in_the_same_tracked_run(
    tracker: TrackerName, make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = make_config(*SMALL, f"tracker={tracker}")
    interrupt_after(monkeypatch, 1)
    assert run.execute(ready).status == "interrupted"
    (tracked,) = stores.read(tracker, tmp_path / "results")
    assert_tracked(tracked, ready, "interrupted")
    interrupt_after(monkeypatch, 2)  # an attempt of which no tracker is told
    assert run.execute(make_config(*SMALL)).status == "interrupted"
    assert run.execute(ready).status == "done"
    (tracked,) = stores.read(tracker, tmp_path / "results")
    assert_tracked(tracked, ready)


def test_a_run_that_is_repeated_is_not_mixed_with_the_one_before(
    tracker: TrackerName, make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = make_config(*SMALL, f"tracker={tracker}")
    interrupt_after(monkeypatch, 2)
    assert run.execute(ready).status == "interrupted"
    interrupt_after(monkeypatch, 1)
    again = make_config(*SMALL, f"tracker={tracker}", "force=true")
    assert run.execute(again).status == "interrupted"
    found = stores.read(tracker, tmp_path / "results")
    assert len(found) == (1 if tracker == "tensorboard" else 2)
    lengths = sorted(len(each.curves["loss/train"]) for each in found)
    assert lengths == ([1] if tracker == "tensorboard" else [1, 2])
    assert run.execute(ready).status == "done"
    found = stores.read(tracker, tmp_path / "results")
    (last,) = [each for each in found if each.status == "done"]
    assert_tracked(last, ready)


def test_a_run_that_is_no_training_has_its_settings_status_and_tables(
    tracker: TrackerName, make_theory: MakeTheory, tmp_path: Path
) -> None:
    ready = make_theory("theory={classes:[3]}", f"tracker={tracker}")
    assert run.execute(ready).status == "done"
    (tracked,) = stores.read(tracker, tmp_path / "results")
    assert tracked.status == "done"
    assert tracked.settings["task"] == "theory"
    assert not tracked.curves
    if tracker != "tensorboard":
        table = (RunFolder(ready).path / "theory.csv").read_bytes()
        copies = (tmp_path / "results" / "trackers").rglob("theory.csv")
        assert [path.read_bytes() for path in copies] == [table]


def test_figures_and_verdicts_are_published_again_and_again(
    tracker: TrackerName, tmp_path: Path
) -> None:
    picture, report = tmp_path / "figure.png", tmp_path / "report.html"
    Image.new("RGB", (4, 3)).save(picture)
    report.write_text("<p>the report</p>")
    store = tmp_path / "trackers" / tracker
    verdicts = [Verdict("skarbek", "a < b | c", "holds", "n0: 1"), Verdict("zhu", "d", "undecided", "")]
    published = Published(tmp_path, store, [picture], report, verdicts)
    for _ in range(2):
        assert str(store) in tracking.find(tracker).publish(published)
    content = picture.read_bytes()
    if tracker == "tensorboard":
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        events = EventAccumulator(str(store / "publication")).Reload()
        images = events.Images("figures/figure")
        assert [(each.step, each.encoded_image_string) for each in images] == [
            (0, content),
            (1, content),
        ]
        words = [each.tensor_proto.string_val[0].decode() for each in events.Tensors("verdicts")]
        assert len(words) == 2
        assert "| undecided |" in words[1]
        return
    assert [path.read_bytes() for path in store.rglob("*figure*.png")] == [content, content]
    tables = {"mlflow": "verdicts.csv", "wandb": "verdicts*.table.json"}
    first, second = store.rglob(tables[tracker])
    assert "undecided" in first.read_text() == second.read_text()
    assert len([each for each in store.rglob("*.html") if "the report" in each.read_text()]) == 2


@pytest.mark.slow
def test_publish_tells_the_tracker_what_it_wrote(
    make_config: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record(make_config, 98.0)
    results = tmp_path / "results"
    told: list[Published] = []

    def publish(published: Published) -> str:
        told.append(published)
        return "there"

    fake = Failing("")
    monkeypatch.setattr(fake, "publish", publish)
    monkeypatch.setattr(tracking, "find", lambda name: fake)
    monkeypatch.setattr(tracking, "check", lambda *arguments: None)
    assert words.main(["publish", str(results), "--tracker", "mlflow"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "mlflow: there"
    (published,) = told
    assert (published.results, published.store) == (results, results / "trackers" / "mlflow")
    assert {path.suffix for path in published.figures} == {".png"}
    assert results / "figures" / "table3_alpha.png" in published.figures
    assert all(path.exists() for path in (*published.figures, published.report))
    assert {each.paper for each in published.verdicts} == {"skarbek", "zhu", "tomasi"}
    monkeypatch.setattr(fake, "_call", "publish")
    monkeypatch.setattr(fake, "publish", lambda published: fake._called("publish"))
    assert words.main(["publish", str(results), "--tracker", "wandb"]) == 1
    assert (results / "report.html").exists()
    assert capsys.readouterr().err.endswith(
        "isbe-bench: tracker=wandb: ConnectionError: the server is away; the files above are complete\n"
    )


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_missing_library_is_named_before_anything_starts(
    tracker: TrackerName, make_config: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, tracker, None)
    monkeypatch.delitem(sys.modules, f"isbe_bench.tracking.{tracker}", raising=False)
    for name in [each for each in sys.modules if each.startswith(f"{tracker}.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(InputError) as refusal:
        tracking.check(tracker, tmp_path)
    expected = f"tracker={tracker}: allowed after pip install 'isbe-bench[{tracker}]'"
    assert str(refusal.value) == expected
    record(make_config, 98.0)
    with pytest.raises(InputError):
        words.main(["publish", str(tmp_path / "results"), "--tracker", tracker])
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"runs"}


@pytest.mark.parametrize("name", ["trackers", "trackers/mlflow", "trackers/mlflow/RUN"])
def test_a_store_that_is_a_link_is_refused(name: str, tmp_path: Path) -> None:
    place = tmp_path / "results" / name
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path)
    with pytest.raises(InputError, match=f"{name} is a link"):
        tracking.check("mlflow", tmp_path / "results", "RUN")


@pytest.mark.slow
def test_without_a_tracker_no_library_of_one_is_imported(tmp_path: Path) -> None:
    code = """
import sys
from isbe_bench.cli import main
sys.argv[1:] = ["arch=perceptron", "train.epochs=1"]
assert main() == 0
print([name for name in ("tensorboard", "mlflow", "wandb") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


class Failing:
    """A tracker that draws random numbers, and fails in the call of this name."""

    name = "tracked"

    def __init__(self, call: str) -> None:
        self._call = call
        self.calls: list[str] = []

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name == self._call:
            raise ConnectionError("the server is away")

    def begin(self, run: Beginning) -> "Failing":
        self._called("begin")
        return self

    def record(self, epochs: Sequence[Epoch]) -> None:
        self._called("record")

    def end(self, ending: Ending) -> None:
        self._called("end")

    def publish(self, published: Published) -> str:
        self._called("publish")
        return ""


@pytest.mark.parametrize(
    ("call", "calls"),
    [
        ("begin", ["begin"]),
        ("record", ["begin", "record"]),
        ("end", ["begin", "record", "record", "record", "end"]),
    ],
)
def test_a_tracker_that_fails_is_said_once_and_the_run_goes_on(
    call: str,
    calls: list[str],
    make_config: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failing = Failing(call)
    monkeypatch.setattr(tracking, "find", lambda name: failing)
    plain = make_config(*SMALL, f"results_dir={tmp_path / 'plain'}")
    ready = make_config(*SMALL, "tracker=mlflow")
    assert run.execute(plain).status == run.execute(ready).status == "done"
    assert results_of(plain) == results_of(ready)
    assert failing.calls == calls
    assert capsys.readouterr().out == (
        "perceptron digits ce_mean seed 0: tracker=mlflow: ConnectionError: the server is away; "
        "the run goes on without it\n"
    )


@pytest.mark.parametrize(
    "content", ["", "[]", '{"tracker": "mlflow"}', '{"tracker": "mlflow", "run": "../x"}', '{"run": 1}']
)
def test_a_name_of_a_tracked_run_that_cannot_be_one_is_not_used(
    content: str, make_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_as = []

    def begin(run: Beginning) -> Failing:
        known_as.append(run.known_as)
        return Failing("")

    failing = Failing("")
    monkeypatch.setattr(failing, "begin", begin)
    monkeypatch.setattr(tracking, "find", lambda name: failing)
    ready = make_config(*SMALL, "tracker=mlflow")
    interrupt_after(monkeypatch, 1)
    run.execute(ready)
    named = RunFolder(ready).path / "tracker.json"
    assert json.loads(named.read_text()) == {"tracker": "mlflow", "run": "tracked"}
    named.write_text(content)
    assert run.execute(ready).status == "done"
    assert known_as == ["", ""]


def test_a_timed_run_is_not_told_while_it_works(
    make_timing: MakeTiming, monkeypatch: pytest.MonkeyPatch
) -> None:
    from isbe_bench.tasks.timing import work as timing

    order = []
    failing = Failing("")

    def begin(run: Beginning) -> Failing:
        order.append("begin")
        return failing

    monkeypatch.setattr(failing, "begin", begin)
    monkeypatch.setattr(tracking, "find", lambda name: failing)

    def work(ready: object, folder: RunFolder) -> str:
        folder.begin({})
        order.append("work")
        return ""

    monkeypatch.setattr(timing, "run", work)
    run.execute(make_timing("tracker=mlflow"))
    assert order == ["work", "begin"]
    assert failing.calls == ["end"]
