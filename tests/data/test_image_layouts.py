"""Folders of images in the layouts of TinyImageNet and FaceScrub; decoded once, and mapped from the disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from isbe_bench.data import decoding, image_folder, sources
from isbe_bench.errors import InputError
from isbe_bench.settings import search_path, words
from isbe_bench.settings.dataset import AnyDataset, ImageFolder


def picture(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8, 3), value, np.uint8)).save(path)


def dataset(name: str, root: Path, **changed: Any) -> ImageFolder:
    file = search_path.CONF / "dataset" / f"{name}.yaml"
    values = yaml.safe_load(file.read_text()) | {"root": str(root), "image_size": 4} | changed
    made: ImageFolder = words.validate(AnyDataset, values, "dataset")
    return made


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISBE_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Two classes of three images, and four validation images in another order."""
    root = tmp_path / "tiny-imagenet-200"
    for label, wnid in enumerate(("n01", "n02")):
        for number in range(3):
            picture(root / "train" / wnid / "images" / f"{wnid}_{number}.PNG", 100 * label + number)
        (root / "train" / wnid / f"{wnid}_boxes.txt").write_text("n01_0.PNG\t0\t0\t1\t1\n")
    lines = []
    for number, wnid in enumerate(("n02", "n01", "n01", "n02")):
        picture(root / "val" / "images" / f"val_{number}.PNG", 200 + number)
        lines.append(f"val_{number}.PNG\t{wnid}\t0\t0\t1\t1\n")
    (root / "val" / "val_annotations.txt").write_text("".join(lines))
    picture(root / "test" / "images" / "test_0.PNG", 255)
    return root


def test_tiny_imagenet_is_read_as_it_is_downloaded(tiny: Path, cache: Path) -> None:
    train, test = sources.read(dataset("tinyimagenet", tiny))
    assert train.images.shape == (6, 3, 4, 4)
    assert train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert train.images[:, 0, 0, 0].tolist() == [0, 1, 2, 100, 101, 102]
    assert test.labels.tolist() == [1, 0, 0, 1]
    assert test.images[:, 0, 0, 0].tolist() == [200, 201, 202, 203]
    assert sources.describe(dataset("tinyimagenet", tiny)).classes == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "val/val_annotations.txt cannot be read, which names the class of each image of val/"),
        ("val_0.PNG\tn09\t0\t0\t1\t1\n", "val/val_annotations.txt, line 1, names the class 'n09'"),
        ("val_0.PNG\n", "line 1, names the class ''"),
        ("", "val/val_annotations.txt names no image"),
        ("other.PNG\tn01\t0\t0\t1\t1\n", "other.PNG cannot be read as an image (not a file)"),
    ],
)
def test_annotations_that_cannot_be_used_are_refused(
    tiny: Path, cache: Path, text: str | None, message: str
) -> None:
    path = tiny / "val" / "val_annotations.txt"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(InputError) as caught:
        sources.read(dataset("tinyimagenet", tiny))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(cache.glob("images/*.partial"))


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Three classes, of 20, 10 and 3 images."""
    root = tmp_path / "faces"
    for name, (first, count) in {"anna": (0, 20), "ben": (100, 10), "cid": (200, 3)}.items():
        for number in range(count):
            picture(root / name / f"{number:02}.png", first + number)
    return root


def test_faces_are_split_class_by_class(faces: Path, cache: Path) -> None:
    few = dataset("facescrub", faces, min_images=10)
    train, test = sources.read(few)
    assert np.bincount(train.labels).tolist() == [18, 9]
    assert np.bincount(test.labels).tolist() == [2, 1]
    values = {int(image[0, 0, 0]) for part in (train, test) for image in part.images}
    assert values == {*range(20), *range(100, 110)}
    again = sources.read(dataset("facescrub", faces, min_images=10, test_fraction=0.1))
    assert [part.images[:, 0, 0, 0].tolist() for part in again] == [
        part.images[:, 0, 0, 0].tolist() for part in (train, test)
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({}, "dataset.min_images=70: 0 of 3 classes have as many images; allowed is a number that leaves two or more (the largest has 20)"),
        ({"min_images": 20}, "1 of 3 classes have as many images"),
        ({"min_images": 1}, "dataset.min_images=1: allowed is an integer, 2 or more"),
        ({"test_fraction": 1.0}, "dataset.test_fraction=1.0: allowed is a number"),
        ({"root": "nowhere"}, "dataset.root=nowhere: is no folder; allowed is a folder with one folder of images a class"),
    ],
)  # fmt: skip
def test_faces_that_cannot_be_split_are_refused(
    faces: Path, cache: Path, changed: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        sources.read(dataset("facescrub", **{"root": faces} | dict(changed)))
    assert message in str(caught.value)


def test_images_are_decoded_once_and_again_when_a_file_changes(
    faces: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[Path] = []
    original = decoding.read

    def counted(path: Path, mode: str) -> Image.Image:
        decoded.append(path)
        return original(path, mode)

    monkeypatch.setattr(decoding, "read", counted)
    few = dataset("facescrub", faces, min_images=10)
    first = image_folder.read(few)[0].images.clone()
    assert len(decoded) == 30
    assert len(list(cache.glob("images/*.npy"))) == 2
    mapped = image_folder.read(few)[0].images
    assert len(decoded) == 30
    assert (mapped == first).all()
    picture(faces / "anna" / "00.png", 77)
    (faces / "anna" / "00.png").touch()
    changed = torch_values(image_folder.read(few))
    assert 77 in changed
    assert len(decoded) > 30


def torch_values(parts: Any) -> set[int]:
    return {int(image[0, 0, 0]) for part in parts for image in part.images}


def test_a_cache_that_cannot_be_written_is_said(
    faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ISBE_BENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match="cannot be kept in .*set ISBE_BENCH_CACHE to a folder"):
        sources.read(dataset("facescrub", faces, min_images=10))
