"""Weights that a training saves: asked for at any time, and refused before the work where that fails."""

import json
from pathlib import Path

import pytest
import torch
from conftest import Make
from safetensors.torch import load
from torch import nn

from isbe_bench.analysis.collection import collect
from isbe_bench.analysis.collection import write as write_records
from isbe_bench.errors import InputError
from isbe_bench.execution import plan, run
from isbe_bench.runs import reading
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import WEIGHTS
from isbe_bench.training import trainer, weights

SAVED = "train.save_weights=true"


def test_a_finished_run_without_weights_is_done_again(make_config: Make) -> None:
    plain, asked = make_config("train.epochs=1"), make_config("train.epochs=1", SAVED)
    assert plain.slug == asked.slug
    assert run.execute(plain).status == "done"
    folder = RunFolder(plain).path
    before = (folder / "predictions.csv").read_bytes()
    assert not (folder / WEIGHTS).exists()
    assert f"without {WEIGHTS}" in plan.describe([(asked, "it")])
    assert run.execute(asked).status == "done"
    assert (folder / WEIGHTS).exists()
    assert (folder / "predictions.csv").read_bytes() == before
    assert run.execute(asked).status == "already done"
    (RunFolder(asked).path / WEIGHTS).unlink()
    assert run.execute(asked).status == "done"  # lost weights are made again
    assert run.execute(plain).status == "already done"
    signals = make_config("train.epochs=1", "train.signals=[weights]")  # another thing of this name
    assert run.execute(signals).status == "done"
    assert run.execute(asked).status == "done"


def test_an_interrupted_run_goes_on_and_saves_them(
    make_config: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They come at the end, so that it need not have been begun with them."""
    whole = trainer.Trainer._train

    def interrupt(self: trainer.Trainer, images: object, number: int, bar: object) -> object:
        if number == 2:
            raise KeyboardInterrupt
        return whole(self, images, number, bar)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(trainer.Trainer, "_train", interrupt)
        assert run.execute(make_config("train.epochs=2")).status == "interrupted"
    config = make_config("train.epochs=2", SAVED)
    assert "from epoch 2 of 2" in plan.describe([(config, "it")])
    assert run.execute(config).status == "done"
    assert "starting afresh" not in capsys.readouterr().out
    assert (RunFolder(config).path / WEIGHTS).exists()
    assert run.execute(config).status == "already done"


def test_records_and_tables_do_without(make_config: Make, tmp_path: Path) -> None:
    config = make_config("train.epochs=1", SAVED)
    assert run.execute(config).status == "done"
    folder = RunFolder(config).path
    manifest = json.loads((folder / "manifest.json").read_text())
    assert WEIGHTS in manifest
    collection = collect(folder.parents[1])
    assert not collection.problems
    write_records(collection, tmp_path / "records")
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "records").iterdir()}
    assert "runs.csv" in sizes
    assert sum(sizes.values()) < 100_000
    assert "save_weights" not in (tmp_path / "records" / "runs.csv").read_text()


def test_every_tensor_keeps_its_bits() -> None:
    """Shared ones, those with other strides, and those that are no float32."""
    module = nn.Module()
    module.first = nn.Linear(3, 3, bias=False)
    module.second = nn.Linear(3, 3, bias=False)
    module.second.weight = module.first.weight
    module.register_buffer("strided", torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last))
    module.register_buffer("halved", torch.randn(3).bfloat16())
    module.register_buffer("steps", torch.tensor(7))
    state = load(weights.pack(module, {"slug": "run"}))
    assert state.keys() == module.state_dict().keys()
    for name, value in module.state_dict().items():
        assert state[name].dtype == value.dtype
        assert torch.equal(state[name], value), name


class Odd(nn.Linear):
    """A layer whose state is no tensor."""

    def get_extra_state(self) -> dict[str, int]:
        return {"calls": 1}

    def set_extra_state(self, state: object) -> None:
        pass


def test_state_that_cannot_be_saved_is_refused(
    monkeypatch: pytest.MonkeyPatch, make_config: Make
) -> None:
    with pytest.raises(InputError, match=r"train\.save_weights=true: 0\._extra_state is a dict"):
        weights.check(nn.Sequential(Odd(2, 2)))
    monkeypatch.setattr(reading, "MAX_BYTES", 4_000_000)
    make_config()
    with pytest.raises(InputError, match=r"train\.save_weights=true: the weights have 4,\d+,\d+ bytes"):
        make_config(SAVED)
