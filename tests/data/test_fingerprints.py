"""A data set is what it is called, or the run is refused; other data are known by what they hold."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Make
from mnist_files import write_idx, write_mnist

from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.data import images, sources
from isbe_bench.data.images import Images
from isbe_bench.errors import InputError
from isbe_bench.execution import run

RAW = Path("MNIST/raw")


@pytest.fixture
def original(make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small MNIST, taken for the original."""
    root = tmp_path / "original"
    write_mnist(root)
    config = make_config(*mine(root))
    known = dataclasses.replace(DATASETS["mnist"], fingerprint=config.dataset.plain()["fingerprint"])
    monkeypatch.setitem(DATASETS, "mnist", known)
    return root


def mine(root: Path, name: str = "mine") -> tuple[str, ...]:
    return "dataset=mnist", f"dataset.name={name}", f"dataset.root={root}", "train.batch_size=8"


def mnist(root: Path) -> tuple[str, ...]:
    return "dataset=mnist", f"dataset.root={root}", "dataset.download=false", "train.batch_size=8"


def change(root: Path, kind: str, act: Callable[[np.ndarray], np.ndarray]) -> None:
    path = root / RAW / f"train-{kind}"
    skip = 16 if "images" in kind else 8
    shape = (-1, 28, 28) if "images" in kind else (-1,)
    write_idx(path, act(np.frombuffer(path.read_bytes()[skip:], dtype=np.uint8).reshape(shape)))


def flipped(pixels: np.ndarray) -> np.ndarray:
    changed = pixels.copy()
    changed[3, 5, 7] ^= 1
    return changed


def cut(root: Path) -> None:
    change(root, "images-idx3-ubyte", lambda pixels: pixels[:30])
    change(root, "labels-idx1-ubyte", lambda labels: labels[:30])


CHANGES: dict[str, Callable[[Path], object]] = {
    "a flipped pixel": lambda root: change(root, "images-idx3-ubyte", flipped),
    "shifted labels": lambda root: change(root, "labels-idx1-ubyte", lambda labels: np.roll(labels, 1)),
    "a cut training set": cut,
    "other images": lambda root: change(root, "images-idx3-ubyte", lambda pixels: 255 - pixels),
}


@pytest.mark.parametrize("what", CHANGES)
def test_other_data_in_the_place_of_the_original_are_refused(
    make_config: Make, original: Path, what: str
) -> None:
    make_config(*mnist(original))
    CHANGES[what](original)
    with pytest.raises(InputError) as caught:
        make_config(*mnist(original))
    message = str(caught.value)
    assert message.startswith(f"dataset.root={original}: these are not the images and labels of MNIST (")
    assert message.endswith("allowed is the original, or dataset.name=NAME for other data")
    assert "\n" not in message
    if "cut" in what:
        assert "30 training images, not 60,000" in message


@pytest.mark.parametrize("what", CHANGES)
def test_under_a_name_of_its_own_each_content_is_a_run(
    make_config: Make, original: Path, what: str
) -> None:
    before = make_config(*mine(original))
    assert before.slug.startswith("train-n0-mine-")
    assert make_config(*mine(original)).slug == before.slug
    CHANGES[what](original)
    assert make_config(*mine(original)).slug != before.slug


def test_two_roots_with_the_same_content_are_one_run(make_config: Make, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_mnist(tmp_path / name)
    one, other = (make_config(*mine(tmp_path / name)) for name in ("a", "b"))
    assert one.slug == other.slug
    CHANGES["a flipped pixel"](tmp_path / "b")
    assert make_config(*mine(tmp_path / "b")).slug != one.slug


def test_data_that_change_after_the_check_end_the_run(make_config: Make, original: Path) -> None:
    config = make_config(*mine(original))
    CHANGES["a flipped pixel"](original)
    outcome = run.execute(config, config.title)
    assert outcome.status == "error"
    assert "its images changed after the run was checked" in outcome.note


def test_the_facts_are_remembered_until_a_file_changes(
    make_config: Make, original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    loaded = sources._loaded.__wrapped__

    def counted(request: sources._Request) -> object:
        read.append(request)
        return loaded(request)

    monkeypatch.setattr(sources, "_loaded", counted)
    make_config(*mnist(original))
    assert not (tmp_path / "results").exists()  # nothing is left of a command that only checks
    (tmp_path / "results").mkdir()
    for _ in range(3):
        make_config(*mnist(original))
    assert len(read) == 2
    assert len(json.loads((tmp_path / "results" / ".data_sets.json").read_text())) == 1
    CHANGES["a flipped pixel"](original)
    with pytest.raises(InputError):
        make_config(*mnist(original))
    assert len(read) == 3


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("dataset=mnist & dataset.name=cifar10", "dataset.name=cifar10: allowed is mnist, or a name of your own for other images in its format"),
        ("dataset=cifar10 & dataset.name=mine", "dataset.name=mine: allowed is cifar10; other images can be read by dataset=image_folder"),
        ("dataset=mnist & dataset.name=mine & dataset.root=/nowhere", "dataset.root=/nowhere: has no MNIST/raw; allowed is a folder that holds it"),
        ("dataset=mnist & dataset.name='a b'", "dataset.name=a b: allowed is a name of letters, digits, _ and -"),
        ("dataset=mnist & dataset.format=idx", "dataset.format=idx: allowed is digits, mnist, cifar10, cifar100, image_folder, tinyimagenet or class_folders"),
        ("dataset=image_folder & dataset.root=x & dataset.name=mnist", "dataset.name=mnist: allowed is a name of letters, digits, _ and -, other than digits, mnist, cifar10, cifar100"),
    ],
)  # fmt: skip
def test_names_and_formats(make_config: Make, overrides: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        make_config(*overrides.split(" & "))
    assert message in str(caught.value)


def test_a_fingerprint_covers_every_byte_and_the_shape() -> None:
    pixels, labels = torch.arange(24, dtype=torch.uint8).reshape(2, 1, 3, 4), torch.tensor([0, 1])
    test = Images(pixels, labels)
    found = {
        images.fingerprint(Images(pixels, labels), test),
        images.fingerprint(Images(pixels.flip(0), labels), test),
        images.fingerprint(Images(pixels, labels.flip(0)), test),
        images.fingerprint(Images(pixels.reshape(2, 1, 4, 3), labels), test),
        images.fingerprint(test, Images(pixels, labels.flip(0))),
    }
    assert len(found) == 5
    assert all(len(each) == 16 for each in found)
