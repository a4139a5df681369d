"""`task=head`: every way computes the same gradient, and its memory is counted."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import MakeHead

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.losses import heads
from isbe_bench.losses.heads import WAYS
from isbe_bench.publication import figures, tables
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import HEAD
from isbe_bench.tasks.head import work as head

EVERYWHERE = [way for way in WAYS if not way.endswith(("_compiled", "_liger"))]
SMALL = (
    "head.ways=[ce_mean,isbe_direct,isbe_inplace,isbe_tanh_blocks]",
    "head.sizes=[{classes:10,batch_size:4,rounds:3},{classes:50,batch_size:2,rounds:2}]",
    "head.processes=2",
    "head.warmup=1",
)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("head.ways=[mse]", "head.ways=[mse]: allowed is a list, [A,B], of one or more different of ce_mean"),
        ("head.ways=[ce_liger] device=cpu", "head.ways=ce_liger: Liger's kernels need CUDA; allowed is null"),
        ("head.sizes=[]", "head.sizes=[]: allowed is a list of one or more groups"),
        ("head.sizes=[{classes:1,batch_size:4,rounds:3}]", "head.sizes[0].classes=1: allowed is an integer, 2 or more"),
        ("head.sizes=[{classes:10,batch_size:4}]", "head.sizes[0].rounds: missing"),
        ("head.sizes=[10]", "head.sizes[0]=10: allowed is a group with the keys classes, batch_size, rounds"),
        ("head.sizes=[{classes:10,batch_size:4,rounds:3},{classes:10,batch_size:4,rounds:5}]", "classes=10 with batch_size=4 appears more than once"),
        ("head.features=8 head.ways=[ce_mean]", "head.ways=ce_mean: begins at scores, and head.features is 8; allowed is one of linear_ce, "),
        ("head.ways=[linear_ce]", "head.ways=linear_ce: begins at features, and head.features is null; allowed is one of ce_mean, "),
        ("head.features=0", "head.features=0: allowed is an integer, 1 or more, or null"),
        ("head.scores=float16", "head.scores=float16: allowed is float32 or bfloat16"),
        ("head.processes=1", "head.processes=1: allowed is an integer, 2 or more"),
    ],
)  # fmt: skip
def test_bad_values_are_named_in_one_line(make_head: MakeHead, overrides: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        make_head(*overrides.split())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_null_is_all_that_the_machine_has(make_head: MakeHead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert make_head("device=cpu").head.ways == tuple(EVERYWHERE)
    with pytest.raises(InputError, match="head.ways=ce_compiled: torch.compile needs a C"):
        make_head("device=cpu", "head.ways=[ce_compiled]")
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert "ce_compiled" in (make_head("device=cpu").head.ways)


@pytest.mark.slow
def test_a_run_its_table_and_its_figure(make_head: MakeHead, tmp_path: Path) -> None:
    config = make_head(*SMALL)
    outcome = run.execute(config)
    assert outcome.status == "done", outcome.note
    samples = pd.read_csv(RunFolder(config).path / HEAD)
    counts = samples.groupby(["process", "classes", "mode"]).size()
    modes = {"ce_mean", "ce_mean@2", "isbe_direct", "isbe_inplace", "isbe_tanh_blocks", "copy"}
    assert {mode for _, _, mode in counts.index} == modes
    assert counts.xs(10, level="classes").eq(4).all()
    assert counts.xs(50, level="classes").eq(3).all()
    collection = collect(tmp_path / "results")
    assert not collection.problems
    tables.write(tables.make(Analysis(collection)), tmp_path / "tables")
    numbers = pd.read_csv(tmp_path / "tables" / "head.csv").set_index(["classes", "mode"])
    assert numbers.loc[(10, "copy"), "times_floor"] == pytest.approx(1)
    assert numbers.loc[(10, "isbe_direct"), "memory_ratio"] == pytest.approx(1, abs=0.5)
    assert numbers["error"].xs("isbe_tanh_blocks", level="mode").between(1e-9, 1e-6).all()
    text = (tmp_path / "tables" / "head.md").read_text()
    assert "task=head" in text
    names = {
        path.name for path in figures.write(figures.draw(Analysis(collection)), tmp_path / "figures")
    }
    assert len(names) == 2
    assert all(name.startswith("head-") for name in names)


def test_a_head_that_begins_at_features(make_head: MakeHead, tmp_path: Path) -> None:
    ways = "head.ways=[linear_ce,linear_isbe_softmax_chunked,linear_isbe_sigmoid_chunked]"
    config = make_head(*SMALL[1:], ways, "head.features=3", "head.scores=bfloat16")
    outcome = run.execute(config)
    assert outcome.status == "done", outcome.note
    analysis = Analysis(collect(tmp_path / "results"))
    assert [group.floor for group in analysis.heads] == ["products"] * 2
    tables.write(tables.make(analysis), tmp_path / "tables")
    numbers = pd.read_csv(tmp_path / "tables" / "head.csv").set_index(["classes", "mode"])
    assert numbers.loc[(50, "products"), "times_floor"] == pytest.approx(1)
    assert "head.features=3" in (tmp_path / "tables" / "head.md").read_text()
    assert len(list(figures.draw(analysis))) == 1


def test_a_wrong_gradient_is_not_timed(make_head: MakeHead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WAYS, "isbe_direct", heads.Way(lambda: lambda scores, labels: scores))
    with pytest.raises(ArithmeticError, match="isbe_direct with 10 classes: the gradient is off by"):
        head.work(make_head(*SMALL), 0, lambda content: None)
