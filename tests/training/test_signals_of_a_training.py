"""Signals that a training records of every epoch, and calibration worked out by hand."""

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import Make

from isbe_bench import losses
from isbe_bench.analysis.collection import collect
from isbe_bench.analysis.collection import write as write_records
from isbe_bench.execution import plan, run
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import CONFIDENCE_BINS, SIGNAL_OF, SIGNALS
from isbe_bench.tasks.train.settings import ReadyTraining
from isbe_bench.training import trainer
from isbe_bench.training.signals import calibration

EVERY = "train.signals=[weights,scores,calibration]"


def read(config: ReadyTraining) -> pd.DataFrame:
    return pd.read_csv(RunFolder(config).path / SIGNALS, keep_default_na=False, dtype={"place": str})


def test_calibration_by_hand() -> None:
    """Two bins: 0.5 and 0.52 (the eighth of 15), one right; 0.99 (the last), right."""
    rows = calibration(np.array([0.5, 0.52, 0.99]), np.array([True, False, True]))
    values = {(name, place): value for name, place, value in rows}
    expected = (abs(1 - 1.02) + abs(1 - 0.99)) / 3
    assert values["calibration_error", ""] == pytest.approx(expected)
    assert values["confidence", "0.5333"] == pytest.approx(2 / 3)
    assert values["right", "0.5333"] == pytest.approx(1 / 2)
    assert values["confidence", "1"] == pytest.approx(1 / 3)
    assert sum(value for (name, _), value in values.items() if name == "confidence") == pytest.approx(1)
    assert len([name for name, _ in values if name == "right"]) == 2


def test_confidence_at_the_edges_falls_into_a_bin() -> None:
    rows = calibration(np.array([0.0, 1.0, 1.0 / CONFIDENCE_BINS]), np.array([False, True, True]))
    shares = [value for name, _, value in rows if name == "confidence"]
    assert shares[0] == pytest.approx(2 / 3)  # a bin includes its upper edge
    assert shares[-1] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("ce_mean", torch.softmax(torch.tensor([[1.0, -2.0, 0.5]]), 1)),
        ("isbe_sigmoid", torch.sigmoid(torch.tensor([[1.0, -2.0, 0.5]]))),
        ("isbe_tanh", (torch.tanh(torch.tensor([[1.0, -2.0, 0.5]])) + 1) / 2),
        ("isbe_hardtanh", torch.tensor([[1.0, 0.0, 0.75]])),
    ],
)
def test_what_counts_as_confidence(make_config: Make, loss: str, expected: torch.Tensor) -> None:
    """Soft scores in [-1, 1] are mapped to [0, 1]; the scores themselves stay."""
    scores = torch.tensor([[1.0, -2.0, 0.5]])
    mode = losses.make(make_config(f"loss={loss}").loss, 3, torch.nn.Identity())
    torch.testing.assert_close(mode.confidences(scores), expected)
    assert scores.tolist() == [[1.0, -2.0, 0.5]]


def test_signals_of_every_epoch_are_recorded_and_outlive_the_run(make_config: Make) -> None:
    config = make_config("train.epochs=2", EVERY)
    assert run.execute(config).status == "done"
    rows = read(config)
    assert set(rows["epoch"]) == {1, 2}
    assert set(rows["quantity"]) == {"weight", "score", "calibration_error", "confidence", "right"}
    first = rows[rows["epoch"] == 1].set_index(["quantity", "place"])["value"]
    confident = first["confidence"]
    right = first["right"].reindex(confident.index, fill_value=0.0)
    epochs = pd.read_csv(RunFolder(config).path / "epochs.csv")
    assert 100 * float((confident * right).sum()) == pytest.approx(epochs["test_accuracy"][0])
    assert first["score"]["0"] < first["score"]["0.5"] < first["score"]["1"]
    results = RunFolder(config).path.parents[1]
    collection = collect(results)
    assert len(collection.signals) == len(rows)
    write_records(collection, results / "records")
    (results / "runs").rename(results / "gone")
    again = collect(results)
    assert not again.problems
    pd.testing.assert_frame_equal(again.signals, collection.signals, check_dtype=False)


def test_a_finished_run_without_signals_is_done_again(make_config: Make) -> None:
    plain, asked = make_config("train.epochs=1"), make_config("train.epochs=1", EVERY)
    assert plain.slug == asked.slug
    assert run.execute(plain).status == "done"
    assert not (RunFolder(plain).path / SIGNALS).exists()
    assert "to start again" in plan.describe([(asked, "it")])
    assert "without weights, scores, calibration" in plan.describe([(asked, "it")])
    assert run.execute(asked).status == "done"
    assert (RunFolder(asked).path / SIGNALS).exists()
    assert run.execute(asked).status == "already done"
    assert run.execute(plain).status == "already done"
    assert "nothing is left" in plan.describe([(asked, "it")])


@pytest.mark.parametrize("later", [EVERY, "train.signals=[scores]", "train.signals=[]"])
@pytest.mark.parametrize("earlier", [EVERY, "train.signals=[weights]"])
def test_a_run_goes_on_with_the_signals_that_it_was_begun_with(
    make_config: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    earlier: str,
    later: str,
) -> None:
    """It starts afresh only if it was begun without a signal that is asked for now."""
    whole = trainer.Trainer._train

    def interrupt(self: trainer.Trainer, images: object, number: int, bar: object) -> object:
        if number == 2:
            raise KeyboardInterrupt
        return whole(self, images, number, bar)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(trainer.Trainer, "_train", interrupt)
        assert run.execute(make_config("train.epochs=3", earlier)).status == "interrupted"
    config = make_config("train.epochs=3", later)
    asked, begun = config.train.signals, make_config(earlier).train.signals
    assert run.execute(config).status == "done"
    assert ("starting afresh" in capsys.readouterr().out) == (not set(asked) <= set(begun))
    if asked:
        rows = read(config)
        assert list(dict.fromkeys(rows["epoch"])) == [1, 2, 3]
        assert {SIGNAL_OF[quantity] for quantity in rows["quantity"]} == set(asked)
