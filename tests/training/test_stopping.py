"""Early stopping: which epoch ends a training, and whose weights it keeps."""

import math
import re
import subprocess
import sys

import pytest
import torch
from conftest import Make
from torch import nn

from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import EPOCHS, STOP, Epoch, Stopped
from isbe_bench.settings.stop import Stop
from isbe_bench.training.stopping import Stopping


def epoch(number: int, accuracy: float = 0.0, loss: float = 0.0) -> Epoch:
    return Epoch(number, 0.1, loss, 0.0, 0.0, 0.0, accuracy, 0.0, accuracy, 1.0, 1.0, 1.0, 1.0, 1.0)


def judged(stop: Stop, *epochs: Epoch) -> tuple[Stopping, nn.Linear]:
    """A layer whose only weight is the number of the last epoch that was trained."""
    layer = nn.Linear(1, 1, bias=False)
    stopping = Stopping(stop, layer)
    for each in epochs:
        if stopping.ends:
            break
        stopping.begin_epoch()
        nn.init.constant_(layer.weight, each.epoch)
        stopping.end_epoch(each)
    return stopping, layer


ACCURACIES = (90.0, 92.0, 91.0, 92.0, 93.0)


def test_patience_keeps_the_best_epoch_and_an_equal_one_is_no_better() -> None:
    epochs = [epoch(number, accuracy) for number, accuracy in enumerate(ACCURACIES, 1)]
    stopping, layer = judged(Stop(patience=2), *epochs)
    assert stopping.stopped == Stopped("patience", epoch=4, kept=2, ended=1)
    assert stopping.keep()
    assert float(layer.weight.detach()) == 2


def test_the_best_epoch_is_kept_where_patience_lasts() -> None:
    epochs = [epoch(number, accuracy) for number, accuracy in enumerate(reversed(ACCURACIES), 1)]
    stopping, layer = judged(Stop(patience=5), *epochs)
    assert stopping.stopped == Stopped("", epoch=5, kept=1, ended=1)
    assert stopping.keep()
    assert float(layer.weight.detach()) == 1


def test_a_training_that_goes_on_keeps_its_last_weights_and_the_first_stop() -> None:
    epochs = [epoch(number, accuracy) for number, accuracy in enumerate(ACCURACIES, 1)]
    stopping, layer = judged(Stop.model_validate({"patience": 2, "continue": True}), *epochs)
    assert stopping.stopped == Stopped("patience", epoch=4, kept=2, ended=0)
    assert not stopping.keep()
    assert float(layer.weight.detach()) == 5


def test_the_loss_has_to_change_by_less() -> None:
    epochs = [epoch(number, loss=loss) for number, loss in enumerate((1.0, 0.5, 0.75, 0.625, 0.5), 1)]
    stopping, _ = judged(Stop(loss_change=0.125), *epochs)
    assert stopping.stopped == Stopped("", epoch=5, kept=5, ended=1)
    stopping, _ = judged(Stop(loss_change=0.2), *epochs)
    assert stopping.stopped == Stopped("loss_change", epoch=4, kept=4, ended=1)


def test_the_weights_have_to_move_by_less() -> None:
    """Every epoch but the first moves the one weight by 1, the first from where it was drawn."""
    epochs = [epoch(number) for number in range(1, 5)]
    torch.manual_seed(0)
    stopping, _ = judged(Stop(weight_change=1.0 + 1e-6), *epochs)
    assert stopping.stopped == Stopped("weight_change", epoch=2, kept=2, ended=1)
    assert judged(Stop(weight_change=1e-6), *epochs)[0].stopped == Stopped("", 4, 4, 1)


def test_the_step_is_that_of_all_weights_together() -> None:
    network = nn.Linear(2, 2)
    stopping = Stopping(Stop(weight_change=5.0), network)
    stopping.begin_epoch()
    with torch.no_grad():
        network.weight[0, 0] += 3.0
        network.bias[1] += 4.0
    assert stopping._step() == pytest.approx(5.0)


def test_nothing_is_said_of_a_training_that_nothing_stops() -> None:
    stopping, _ = judged(Stop(), epoch(1), epoch(2))
    assert stopping.stopped is None
    assert not stopping.ends
    assert not stopping.keep()


PATIENT = ("train.epochs=6", "optimizer.lr=0.03", "train.stop.patience=1")


def test_a_stopped_training_is_the_beginning_of_one_that_goes_on(make_config: Make) -> None:
    """And its alpha, its predictions and its record are those of the epoch that is kept."""
    stopped, whole = make_config(*PATIENT), make_config(*PATIENT, "train.stop.continue=true")
    assert [run.execute(each).status for each in (stopped, whole)] == ["done", "done"]
    first, second = RunFolder(stopped), RunFolder(whole)
    [short], [long] = first.read_rows(STOP, Stopped), second.read_rows(STOP, Stopped)
    assert (short.criterion, short.epoch, short.kept) == (long.criterion, long.epoch, long.kept)
    assert (short.ended, long.ended) == (1, 0)
    curves = [
        [(each.train_loss, each.test_accuracy) for each in folder.read_rows(EPOCHS, Epoch)]
        for folder in (first, second)
    ]
    assert len(curves[1]) == 6
    assert len(curves[0]) == short.epoch < 6
    assert curves[0] == curves[1][: short.epoch]
    predictions = (first.path / "predictions.csv").read_text().split()[1:]
    right = [label == predicted for label, predicted in (row.split(",") for row in predictions)]
    assert 100 * sum(right) / len(right) == pytest.approx(curves[0][short.kept - 1][1])


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (("train.stop.patience=2", "dataset.validation_fraction=0"), "train.stop.patience=2: needs"),
        (("train.stop.patience=4", "train.epochs=5"), "train.stop.patience=4: can be met in epoch 5 at"),
        (
            ("train.stop.loss_change=0.1", "train.epochs=2"),
            "train.stop.loss_change=0.1: can be met in epoch 2",
        ),
        (("train.stop.weight_change=0.1", "train.epochs=1"), "train.stop.weight_change=0.1: can"),
        (("train.stop.continue=true",), "train.stop.continue=true: nothing stops the training"),
        (("train.stop.patience=0",), "train.stop.patience=0: allowed is an integer, 1 or more, or null"),
        (("train.stop.loss_change=0.0",), "train.stop.loss_change=0.0: allowed is"),
        (("train.signals=[gradients]",), "train.signals=[gradients]: allowed is a list"),
    ],
)
def test_what_cannot_stop_is_refused(make_config: Make, overrides: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        make_config(*overrides)


def test_a_sweep_through_signals_is_refused() -> None:
    line = "isbe-bench", "-m", "train.signals=[weights],[scores]", "plan=true"
    ended = subprocess.run(
        [sys.executable, "-m", "isbe_bench", *line[1:]], capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert "train.signals and train.save_weights: are no part of a run's name" in ended.stderr


def test_only_a_criterion_is_part_of_the_name(make_config: Make) -> None:
    assert make_config().slug == make_config("train.stop.patience=null").slug
    assert make_config("train.stop.patience=3").slug != make_config().slug
    assert not math.isnan(
        make_config("train.stop.loss_change=1.0e-3").train.stop.loss_change or math.nan
    )
