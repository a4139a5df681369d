"""Arrays in the cache: made once, mapped, made again if damaged, and done without if there is no room."""

from pathlib import Path

import numpy as np
import pytest
import torch

from isbe_bench.data import kept, torchvision_sets
from isbe_bench.errors import InputError
from isbe_bench.settings import composition, words
from isbe_bench.settings.dataset import AnyDataset, PublicDataset


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISBE_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "images"


def write(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.arange(1000))


def never(path: Path) -> None:
    raise AssertionError("made again")


def test_an_array_is_made_once_and_mapped(cache: Path) -> None:
    assert kept.mapped("a", write).tolist() == list(range(1000))
    again = kept.mapped("a", never)
    assert isinstance(again, np.memmap)
    again[0] = 7  # copy on write
    assert kept.mapped("a", never)[0] == 0
    assert [path.name for path in cache.iterdir()] == ["a.npy"]


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"not an array"])
def test_a_damaged_one_is_made_again(cache: Path, content: bytes) -> None:
    kept.mapped("a", write)
    (cache / "a.npy").write_bytes(content)
    assert kept.mapped("a", write)[5] == 5


def test_a_truncated_one_too(cache: Path) -> None:
    kept.mapped("a", write)
    (cache / "a.npy").write_bytes((cache / "a.npy").read_bytes()[:500])
    assert kept.mapped("a", write)[999] == 999


def test_nothing_is_left_of_one_that_fails(cache: Path) -> None:
    with pytest.raises(AssertionError):
        kept.mapped("a", never)
    assert list(cache.iterdir()) == []


@pytest.fixture
def fashion(tmp_path: Path) -> PublicDataset:
    """Ten images of other data in MNIST's files."""
    folder = tmp_path / "data" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for split in ("train", "t10k"):
        for kind, shape in (("images-idx3", (10, 28, 28)), ("labels-idx1", (10,))):
            header = np.array([0x800 + len(shape), *shape], dtype=">i4").tobytes()
            body = rng.integers(0, 10, shape, dtype=np.uint8).tobytes()
            (folder / f"{split}-{kind}-ubyte").write_bytes(header + body)
    values = composition.choice("dataset", "mnist") | {
        "name": "fashion",
        "format": "mnist",
        "root": str(tmp_path / "data"),
        "download": False,
    }
    made: PublicDataset = words.validate(AnyDataset, values, "dataset")
    return made


def test_a_data_set_in_torchvisions_files_is_mapped_until_they_change(
    fashion: PublicDataset, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    train, test = torchvision_sets.read(fashion)
    assert train.images.shape == (10, 1, 28, 28)
    assert train.labels.dtype == torch.int64
    assert len(list(cache.iterdir())) == 4
    monkeypatch.setattr(torchvision_sets, "_load", never)
    again, _ = torchvision_sets.read(fashion)
    assert torch.equal(again.images, train.images)
    assert torch.equal(again.labels, train.labels)
    assert not torch.equal(train.images, test.images)
    changed = tmp_path / "data" / "MNIST" / "raw" / "train-images-idx3-ubyte"
    changed.write_bytes(changed.read_bytes()[:-1])
    monkeypatch.undo()
    with pytest.raises(InputError, match="could not be read from it"):
        torchvision_sets.read(fashion)


def test_without_room_it_is_read_into_memory(
    fashion: PublicDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ISBE_BENCH_CACHE", str(tmp_path / "file"))
    train, _ = torchvision_sets.read(fashion)
    assert train.images.shape == (10, 1, 28, 28)
