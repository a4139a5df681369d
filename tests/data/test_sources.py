"""The sources of images: what is read, what is downloaded, and which files are refused."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Make
from mnist_files import write_idx, write_mnist
from PIL import Image

from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.data import sources
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.parts.torchvision_cpu import torchvision
from isbe_bench.runs.folder import RunFolder

MINE = ("dataset=mnist", "dataset.name=mine", "train.batch_size=8")


def test_mnist_files_are_read_through_torchvision(make_config: Make, tmp_path: Path) -> None:
    write_mnist(tmp_path)
    config = make_config(*MINE, f"dataset.root={tmp_path}")
    train, test = sources.read(config.dataset)
    assert train.images.shape == test.images.shape == (40, 1, 28, 28)
    assert train.images.dtype == torch.uint8
    assert test.labels.tolist() == [i % 10 for i in range(40)]


def test_missing_files_are_downloaded_once(
    make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "new"
    downloads = []

    def download(self: object) -> None:
        downloads.append(self)
        if not root.joinpath("MNIST").exists():
            write_mnist(root)

    monkeypatch.setattr(torchvision("datasets").MNIST, "download", download)
    forgotten = dataclasses.replace(DATASETS["mnist"], fingerprint="")
    config = make_config("dataset=mnist", f"dataset.root={root}")
    with monkeypatch.context() as patch:
        patch.setitem(DATASETS, "mnist", forgotten)
        train, _ = sources.read(config.dataset)
    assert len(train.labels) == 40
    assert len(downloads) == 1
    with pytest.raises(InputError, match="these are not the images and labels of MNIST .40 training"):
        sources.read(config.dataset)


def test_a_download_that_fails_is_named(
    make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(self: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(torchvision("datasets").MNIST, "download", download)
    config = make_config("dataset=mnist", f"dataset.root={tmp_path}")
    with pytest.raises(InputError, match="mnist could not be downloaded to it .no route to host"):
        sources.read(config.dataset)
    outcome = run.execute(config)
    assert outcome.status == "error"
    assert not RunFolder(config).path.exists()


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (np.arange(30) % 10, "it has 40 images and 30 labels"),
        (np.full(40, 77), "its labels reach from 77 to 77"),
    ],
)
def test_mnist_files_that_contradict_each_other(
    make_config: Make, tmp_path: Path, labels: np.ndarray, reason: str
) -> None:
    write_mnist(tmp_path)
    write_idx(tmp_path / "MNIST" / "raw" / "train-labels-idx1-ubyte", labels)
    with pytest.raises(InputError, match=reason):
        make_config("dataset=mnist", f"dataset.root={tmp_path}", "dataset.download=false")


def test_a_header_of_another_type_is_named(make_config: Make, tmp_path: Path) -> None:
    """Torchvision lets it through as numbers with a sign, and then raises a TypeError."""
    write_mnist(tmp_path)
    file = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    file.write_bytes(b"\0\0\x09\x03" + file.read_bytes()[4:])
    with pytest.raises(InputError, match="mnist could not be read from it"):
        make_config("dataset=mnist", f"dataset.root={tmp_path}", "dataset.download=false")


def test_a_16_bit_image_is_scaled(make_config: Make, tmp_path: Path) -> None:
    write_folder(tmp_path)
    deep = np.full((20, 30), 128 * 257, dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "train" / "cat" / "0.png")
    config = make_config(*FOLDER, f"dataset.root={tmp_path}", "dataset.channels=1")
    assert sources.read(config.dataset)[0].images[0].unique().tolist() == [128]


def test_damaged_files_are_named(make_config: Make, tmp_path: Path) -> None:
    for file, dataset in (
        ("MNIST/raw/train-images-idx3-ubyte", "mnist"),
        ("cifar-10-batches-py/test_batch", "cifar10"),
    ):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_bytes(b"not what it says")
        with pytest.raises(InputError, match=f"{dataset} could not be read from it"):
            make_config(
                f"dataset={dataset}", f"dataset.root={tmp_path}", "dataset.download=false", "arch=n1"
            )


def write_folder(root: Path, classes: tuple[str, ...] = ("cat", "dog"), count: int = 6) -> None:
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for name in classes:
            (root / split / name).mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / split / name / f"{number}.png")


FOLDER = ("dataset=image_folder", "arch=n0", "train.batch_size=4")


def test_image_folder(make_config: Make, tmp_path: Path) -> None:
    write_folder(tmp_path)
    config = make_config(
        *FOLDER, f"dataset.root={tmp_path}", "dataset.image_size=16", "dataset.channels=1"
    )
    train, test = sources.read(config.dataset)
    assert train.images.shape == test.images.shape == (12, 1, 16, 16)
    assert test.labels.tolist() == [0] * 6 + [1] * 6
    assert sources.describe(config.dataset).classes == 2


def test_an_image_folder_is_known_by_its_files_and_not_by_its_path(
    make_config: Make, tmp_path: Path
) -> None:
    for name in ("here", "there"):
        write_folder(tmp_path / name)
    here, there = (
        make_config(*FOLDER, f"dataset.root={tmp_path / name}").slug for name in ("here", "there")
    )
    assert here == there
    write_folder(tmp_path / "more", count=7)
    assert make_config(*FOLDER, f"dataset.root={tmp_path / 'more'}").slug != here


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda root: (root / "test" / "bird").mkdir(), "cannot be used"),
        (lambda root: (root / "train" / "dog").rename(root / "train" / "wolf"), "only one of them has dog, wolf"),
        (lambda root: (root / "test").rename(root / "tests"), "has no folder test/"),
    ],
)  # fmt: skip
def test_image_folders_that_are_not_laid_out_right(
    make_config: Make, tmp_path: Path, damage: object, message: str
) -> None:
    write_folder(tmp_path)
    damage(tmp_path)  # type: ignore[operator]
    with pytest.raises(InputError, match=message):
        make_config(*FOLDER, f"dataset.root={tmp_path}")


def test_a_link_to_nowhere_and_float_pixels_are_named(make_config: Make, tmp_path: Path) -> None:
    write_folder(tmp_path)
    Image.fromarray(np.random.default_rng(0).random((20, 30), dtype=np.float32)).save(
        tmp_path / "train" / "cat" / "f.tif"
    )
    with pytest.raises(InputError, match=r"f\.tif cannot be read as an image"):
        make_config(*FOLDER, f"dataset.root={tmp_path}")
    (tmp_path / "train" / "cat" / "f.tif").unlink()
    (tmp_path / "train" / "cat" / "z.png").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"z\.png cannot be read"):
        make_config(*FOLDER, f"dataset.root={tmp_path}")


def test_a_damaged_image_is_named(make_config: Make, tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "train" / "cat" / "3.png").write_bytes(b"not an image")
    with pytest.raises(InputError, match=r"3\.png cannot be read as an image"):
        make_config(*FOLDER, f"dataset.root={tmp_path}")
