"""The original MNIST and CIFAR-10, where ISBE_BENCH_DATA says that they are."""

import dataclasses
import os
from pathlib import Path

import pytest
import torch
from conftest import Make

from isbe_bench.data import sources
from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.measuring import devices
from isbe_bench.progress import Progress, Work
from isbe_bench.training.trainer import Trainer

DATA = os.environ.get("ISBE_BENCH_DATA", "")
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA, reason="ISBE_BENCH_DATA names no folder with MNIST and CIFAR-10"),
]
OFFLINE = (f"dataset.root={DATA}", "dataset.download=false")


def test_mnist_is_split_as_in_the_paper(make_config: Make) -> None:
    config = make_config("dataset=mnist", *OFFLINE)
    data = DeviceDataset(config.dataset, seed=0, device=torch.device("cpu"))
    assert (data.train_images, len(data.validation), len(data.test)) == (54_000, 6_000, 10_000)
    assert data.mean.item() == pytest.approx(0.1307, abs=5e-4)
    assert data.std.item() == pytest.approx(0.3081, abs=5e-4)


def test_n0_learns_mnist_in_one_epoch(make_config: Make) -> None:
    config = make_config("dataset=mnist", *OFFLINE, "train.epochs=1", "loss=isbe_softmax")
    outcome = run.execute(config)
    assert outcome.status == "done"
    assert float(outcome.note.removeprefix("alpha ").rstrip("%")) > 95


@pytest.mark.parametrize("loss", ["ce_mean", "isbe_tanh"])
def test_vgg16_takes_cifar10_for_a_few_steps(
    make_config: Make, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    config = make_config("dataset=cifar10", "arch=vgg16", f"loss={loss}", *OFFLINE)
    device = devices.activate(config.device)
    data = DeviceDataset(config.dataset, config.seed, device)
    assert (data.train_images, len(data.validation), len(data.test)) == (45_000, 5_000, 10_000)
    trainer = Trainer(config, data, sources.describe(config.dataset), device)
    few = data.epoch(1)
    few = dataclasses.replace(few, chosen=few.chosen[:384], labels=few.labels[:384])
    state = trainer._network.state_dict()
    before = {name: value.clone() for name, value in state.items()}

    (scores,) = trainer._train(few, 1, Progress(Work("a few steps", 3, "batch")))
    assert scores.shape == (384, 10)
    assert bool(scores.isfinite().all())
    assert not torch.equal(state["body.0.weight"], before["body.0.weight"])


@pytest.mark.parametrize("kind", ["images-idx3", "labels-idx1"])
def test_a_changed_byte_of_the_original_mnist_is_refused(
    make_config: Make, tmp_path: Path, kind: str
) -> None:
    """The last byte: a pixel in the corner of the last training image, or its label."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in (Path(DATA) / "MNIST" / "raw").iterdir():
        (raw / path.name).symlink_to(path)
    changed = raw / f"train-{kind}-ubyte"
    content = bytearray(changed.read_bytes())
    content[-1] ^= 1
    changed.unlink()
    changed.write_bytes(content)
    with pytest.raises(InputError, match="these are not the images and labels of MNIST"):
        make_config("dataset=mnist", f"dataset.root={tmp_path}", "dataset.download=false")
    mine = make_config("dataset=mnist", "dataset.name=mine", f"dataset.root={tmp_path}")
    assert mine.slug.startswith("train-n0-mine-ce_mean-seed0-")
