"""`train.evaluate`: which evaluations are made, from which views, and what must not leave any out."""

import math

import pytest
import torch
from conftest import Make
from torch import nn

from isbe_bench.data.device_dataset import Batches, DeviceDataset
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import EPOCHS, SIGNALS, Epoch, Signal
from isbe_bench.settings.evaluation import Evaluation
from isbe_bench.tasks.train.settings import ReadyTraining
from isbe_bench.training.evaluating import Evaluator


def batches(images: torch.Tensor) -> Batches:
    count, channels = images.shape[:2]
    numbers = torch.arange(count)
    zeros, ones = torch.zeros(channels), torch.ones(channels)
    return Batches(images, numbers, torch.zeros(count, dtype=torch.long), zeros, ones)


class Weighted(nn.Module):
    """Two scores of an image: its pixels' weighted sum, and that of their squares."""

    def __init__(self, weights: torch.Tensor) -> None:
        super().__init__()
        self.weights = weights

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        sums = [(images**power * self.weights).sum(dim=(1, 2, 3)) for power in (1, 2)]
        return torch.stack(sums, dim=1)


def scores(views: str, images: torch.Tensor, network: nn.Module) -> torch.Tensor:
    settings = Evaluation(views=views)  # type: ignore[arg-type]
    evaluator = Evaluator(settings, network, network, tuple)
    (found,) = evaluator.outputs(batches(images))
    return found


def test_scores_are_means_over_the_views() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (5, 3, 6, 7), generator=generator, dtype=torch.uint8)
    network = Weighted(torch.randn(3, 6, 7, generator=generator))
    pixels = images.double() / 255

    def of(seen: torch.Tensor) -> torch.Tensor:
        both: torch.Tensor = (network(seen) + network(seen.flip(3))) / 2
        return both

    padded = torch.nn.functional.pad(pixels, (1, 1, 1, 1), mode="reflect")
    moved = [of(padded[:, :, :-2, :-2]), of(padded[:, :, 2:, 2:])]
    expected = {
        "image": network(pixels),
        "mirror": of(pixels),
        "mirror_shift": of(pixels) / 2 + (moved[0] + moved[1]) / 4,
    }
    for views, wanted in expected.items():
        torch.testing.assert_close(scores(views, images, network).double(), wanted, atol=1e-4, rtol=1e-4)


def trained(config: ReadyTraining) -> list[Epoch]:
    assert run.execute(config).status == "done"
    return RunFolder(config).read_rows(EPOCHS, Epoch)


def test_what_is_not_evaluated_is_empty_and_changes_nothing_else(make_config: Make) -> None:
    whole = trained(make_config("train.epochs=3"))
    part = trained(make_config("train.epochs=3", "train.evaluate={every:2,splits:[validation]}"))
    assert [math.isnan(row.validation_accuracy) for row in part] == [True, False, False]
    assert [math.isnan(row.test_loss) for row in part] == [True, True, False]
    assert all(math.isnan(row.train_accuracy) for row in part)
    for ours, theirs in zip(part, whole, strict=True):
        assert ours.running_loss == theirs.running_loss
    assert part[-1].test_accuracy == whole[-1].test_accuracy
    assert part[1].validation_loss == whole[1].validation_loss


def test_evaluations_are_part_of_the_run_unless_all_are_made(make_config: Make) -> None:
    plain, other = make_config(), make_config("train.evaluate.every=2", "train.epochs=4")
    assert not [key for key in plain.identity() if key.startswith("train.evaluate")]
    assert other.identity()["train.evaluate.every"] == 2


def test_signals_of_test_scores_evaluate_them(make_config: Make) -> None:
    config = make_config("train.epochs=2", "train.evaluate.every=2", "train.signals=[calibration]")
    trained(config)
    signals = RunFolder(config).read_rows(SIGNALS, Signal)
    assert {signal.epoch for signal in signals} == {1, 2}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("train.evaluate.every=5 train.epochs=4", "train.evaluate.every=5: allowed is 1 to 4, the value of train.epochs"),
        ("train.evaluate.every=2 train.stop.patience=1", "train.stop: judges every epoch, and train.evaluate leaves evaluations out; allowed is"),
        ("train.evaluate.splits=[test] schedule=plateau", "schedule=plateau: judges every epoch, and train.evaluate leaves evaluations out"),
        ("train.evaluate.splits=[validation] dataset.validation_fraction=0", "train.evaluate.splits=[validation]: dataset.validation_fraction is 0; allowed are train and test"),
        ("train.evaluate.splits=[tests]", "train.evaluate.splits=[tests]: allowed is a list, [A,B], of one or more different of train, validation, test"),
        ("train.evaluate.views=flip", "train.evaluate.views=flip: allowed is image, mirror or mirror_shift"),
    ],
)  # fmt: skip
def test_bad_values_are_named_in_one_line(make_config: Make, overrides: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        make_config("train.epochs=4", *overrides.split())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_so_many_first_images_are_as_they_are(make_config: Make) -> None:
    dataset = DeviceDataset(make_config().dataset, 0, torch.device("cpu"))
    every = dataset.first(10**6)
    assert len(every) == dataset.train_images
    assert torch.equal(dataset.first(7), every[:7])
    assert abs(float(every.mean())) < 0.01
