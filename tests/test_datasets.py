"""Data: what an epoch holds, how it is split, and which files are refused."""

import math
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Make
from PIL import Image
from torch import Tensor

from isbe_bench.data import augmentation, sources
from isbe_bench.data.datasets import DeviceDataset
from isbe_bench.data.torchvision_cpu import torchvision
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings.dataset import Augmentation

CPU = torch.device("cpu")
STILL = Augmentation(
    enabled=True, degrees=0.0, translate=0.0, scale=0.0, shear=0.0, flip=False, padding="zeros"
)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


# --- augmentation ---


def test_no_transformation_leaves_images_as_they_are() -> None:
    images = torch.rand(5, 3, 9, 12)
    maps = augmentation.draw(STILL, 5, 9, 12, generator())
    torch.testing.assert_close(augmentation.apply(images, maps, "zeros"), images, rtol=0, atol=1e-5)


def test_a_flip_mirrors_about_half_of_the_images() -> None:
    images = torch.rand(200, 1, 4, 6)
    maps = augmentation.draw(STILL.model_copy(update={"flip": True}), 200, 4, 6, generator())
    out = augmentation.apply(images, maps, "zeros")
    mirrored = (out - images.flip(3)).abs().amax(dim=(1, 2, 3)) < 1e-5
    kept = (out - images).abs().amax(dim=(1, 2, 3)) < 1e-5
    assert bool((mirrored ^ kept).all())
    assert 70 < int(mirrored.sum()) < 130


@pytest.mark.parametrize(("height", "width"), [(28, 28), (10, 40)])
def test_rotation_and_zoom_keep_angles_of_oblong_images(height: int, width: int) -> None:
    """In pixels, rotation with zoom is a multiple of an orthogonal matrix with the zoom in range."""
    settings = STILL.model_copy(update={"degrees": 30.0, "scale": 0.2})
    maps = augmentation.draw(settings, 500, height, width, generator()).double()
    to_pixels = torch.diag(torch.tensor([width, height], dtype=torch.float64))
    pixels = to_pixels @ maps[:, :, :2] @ to_pixels.inverse()
    gram = pixels.transpose(1, 2) @ pixels
    zoom = 1 / gram[:, 0, 0].sqrt()
    torch.testing.assert_close(
        gram, gram[:, :1, :1] * torch.eye(2, dtype=torch.float64), rtol=0, atol=1e-5
    )
    assert 0.8 <= zoom.min() < 0.85
    assert 1.15 < zoom.max() <= 1.2
    angle = torch.atan2(pixels[:, 1, 0], pixels[:, 0, 0]).abs().max()
    assert math.radians(28) < angle <= math.radians(30) + 1e-6


def test_shear_slants_rows_and_keeps_areas() -> None:
    maps = augmentation.draw(STILL.model_copy(update={"shear": 30.0}), 500, 8, 8, generator())
    assert torch.equal(maps[:, 1, :2], torch.tensor([[0.0, 1.0]]).expand(500, 2))
    assert torch.equal(maps[:, 0, 0], torch.ones(500))
    assert math.tan(math.radians(28)) < maps[:, 0, 1].abs().max() <= math.tan(math.radians(30)) + 1e-6


def test_translation_moves_by_at_most_its_share() -> None:
    maps = augmentation.draw(STILL.model_copy(update={"translate": 0.25}), 500, 8, 8, generator())
    shift = maps[:, :, 2].abs().max()  # coordinates span 2
    assert 0.45 < shift <= 0.5


def test_outside_of_an_image_is_black_before_normalisation(make_config: Make) -> None:
    dataset = make_config("dataset.augmentation.translate=0.9").dataset
    data = DeviceDataset(dataset, seed=0, device=CPU)
    black = -data.mean / data.std
    smallest = data.epoch(1).images.min()
    torch.testing.assert_close(smallest, black[0], rtol=0, atol=1e-5)


# --- split, order, normalisation ---


def rows(images: Tensor) -> set[bytes]:
    return {image.contiguous().numpy().round(4).tobytes() for image in images}


def test_digits_split(make_config: Make) -> None:
    dataset = make_config("dataset.augmentation.enabled=false").dataset
    data = DeviceDataset(dataset, seed=0, device=CPU)
    epoch = data.epoch(1)
    assert (data.train_images, len(data.validation), len(data.test)) == (1293, 144, 360)
    assert not rows(epoch.images) & rows(data.validation.images)
    torch.testing.assert_close(epoch.images.mean(), torch.tensor(0.0), rtol=0, atol=1e-4)
    torch.testing.assert_close(epoch.images.std(), torch.tensor(1.0), rtol=0, atol=1e-3)


def test_an_epoch_is_a_permutation_of_images_with_their_labels(make_config: Make) -> None:
    dataset = make_config("dataset.augmentation.enabled=false").dataset
    data = DeviceDataset(dataset, seed=0, device=CPU)
    first = data.epoch(1)
    pairs = {
        (image.numpy().tobytes(), int(label))
        for image, label in zip(first.images, first.labels, strict=True)
    }
    order = first.labels.clone()
    second = data.epoch(2)
    again = {
        (image.numpy().tobytes(), int(label))
        for image, label in zip(second.images, second.labels, strict=True)
    }
    assert pairs == again
    assert not torch.equal(order, second.labels)


def test_the_seed_decides_split_order_and_augmentation(make_config: Make) -> None:
    dataset = make_config().dataset

    def epoch(seed: int, number: int) -> Tensor:
        data = DeviceDataset(dataset, seed, CPU)
        data.epoch(5)  # what came before does not matter
        return data.epoch(number).images

    assert torch.equal(epoch(3, 1), epoch(3, 1))
    assert not torch.equal(epoch(3, 1), epoch(3, 2))
    assert not torch.equal(epoch(3, 1), epoch(4, 1))


def test_batches_cover_an_epoch_once(make_config: Make) -> None:
    data = DeviceDataset(make_config().dataset, seed=0, device=CPU)
    sizes = [len(labels) for _, labels in data.epoch(1).split(128)]
    assert sizes == [128] * 10 + [13]
    images, _ = next(iter(data.epoch(1).split(128)))
    assert images.is_contiguous(memory_format=torch.channels_last)


# --- files ---


def write_idx(path: Path, array: np.ndarray) -> None:
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


def write_mnist(root: Path) -> None:
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for prefix in ("train", "t10k"):
        write_idx(raw / f"{prefix}-images-idx3-ubyte", rng.integers(0, 256, (40, 28, 28)))
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", np.arange(40) % 10)


def test_mnist_files_are_read_through_torchvision(make_config: Make, tmp_path: Path) -> None:
    write_mnist(tmp_path)
    config = make_config("dataset=mnist", f"dataset.root={tmp_path}", "dataset.download=false")
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
    config = make_config("dataset=mnist", f"dataset.root={root}")
    train, _ = sources.read(config.dataset)
    assert len(train.labels) == 40
    assert len(downloads) == 1


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
    config = make_config("dataset=mnist", f"dataset.root={tmp_path}", "dataset.download=false")
    with pytest.raises(InputError, match=reason):
        sources.read(config.dataset)


def test_a_16_bit_image_is_scaled(make_config: Make, tmp_path: Path) -> None:
    write_folder(tmp_path)
    deep = np.full((20, 30), 128 * 257, dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "train" / "cat" / "0.png")
    made = make_config(*FOLDER, f"dataset.root={tmp_path}", "dataset.channels=1")
    assert sources.read(made.dataset)[0].images[0].unique().tolist() == [128]


def test_damaged_files_are_named(make_config: Make, tmp_path: Path) -> None:
    for file, dataset in (
        ("MNIST/raw/train-images-idx3-ubyte", "mnist"),
        ("cifar-10-batches-py/test_batch", "cifar10"),
    ):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_bytes(b"not what it says")
        config = make_config(
            f"dataset={dataset}", f"dataset.root={tmp_path}", "dataset.download=false", "arch=n1"
        )
        with pytest.raises(InputError, match=f"{dataset} could not be read from it"):
            sources.read(config.dataset)


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
    made = make_config(
        *FOLDER, f"dataset.root={tmp_path}", "dataset.image_size=16", "dataset.channels=1"
    )
    train, test = sources.read(made.dataset)
    assert train.images.shape == test.images.shape == (12, 1, 16, 16)
    assert test.labels.tolist() == [0] * 6 + [1] * 6
    assert sources.describe(made.dataset).classes == 2


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
        sources.read(make_config(*FOLDER, f"dataset.root={tmp_path}").dataset)
    (tmp_path / "more").symlink_to(tmp_path, target_is_directory=True)  # another path: not in the cache
    (tmp_path / "train" / "cat" / "z.png").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"z\.png cannot be read"):
        make_config(*FOLDER, f"dataset.root={tmp_path / 'more'}")


def test_a_damaged_image_is_named(make_config: Make, tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "train" / "cat" / "3.png").write_bytes(b"not an image")
    made = make_config(*FOLDER, f"dataset.root={tmp_path}")
    with pytest.raises(InputError, match=r"3\.png cannot be read as an image"):
        sources.read(made.dataset)
