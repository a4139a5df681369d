"""`experiment=airbench`'s recipe on small images: it learns, and goes on where it was interrupted."""

import pytest
import torch
from conftest import Make

from isbe_bench.data import sources
from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.tasks.train.settings import ReadyTraining
from isbe_bench.training.trainer import Trainer

RECIPE = (
    *("arch=airbench", "arch.widths=[8,8,8]", "optimizer=airbench_sgd", "schedule=triangle"),
    *("dataset.augmentation.flip=alternating", "dataset.augmentation.crop=1", "targets=smooth"),
    *("train.batch_size=200", "train.epochs=4", "train.evaluate.views=mirror_shift"),
)


def trainer(config: ReadyTraining) -> Trainer:
    dataset = DeviceDataset(config.dataset, config.seed, torch.device("cpu"))
    return Trainer(config, dataset, sources.describe(config.dataset), torch.device("cpu"))


@pytest.mark.slow
def test_it_resumes_bit_for_bit_and_learns(make_config: Make) -> None:
    config = make_config(*RECIPE)
    whole = trainer(config)
    epochs = list(whole.epochs())
    first = trainer(config)
    before = first.epochs()
    next(before)
    next(before)
    second = trainer(config)
    second.restore(first.state())
    rest = list(second.epochs())
    assert [row.train_loss for row in rest] == [row.train_loss for row in epochs[2:]]
    for name, value in whole.state()["modules"].items():
        assert torch.equal(value, second.state()["modules"][name]), name
    assert epochs[-1].train_loss < epochs[0].train_loss
    assert epochs[-1].test_accuracy > 30
