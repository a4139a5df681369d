"""Where the images of a folder are, and of which class: the layouts that `data/image_folder.py` reads.

Links to folders elsewhere are followed.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isbe_bench.errors import InputError
from isbe_bench.parts.torchvision_cpu import torchvision
from isbe_bench.settings.dataset import ClassFolders, ImageFolder

Samples = list[tuple[str, int]]
"""Path and label of each image."""

_ANNOTATIONS = "val_annotations.txt"
_SEED = 0
"""Of the drawn split, which is the same for every run."""


def splits(dataset: ImageFolder) -> Mapping[str, Samples]:
    """The images of `train` and `test`, in a fixed order.

    Raises
    ------
    InputError
        Folders that are not laid out as the format says.
    """
    if isinstance(dataset, ClassFolders):
        return _drawn(dataset)
    if dataset.format == "tinyimagenet":
        return _tiny_imagenet(dataset)
    train, test = (_folder(dataset, name) for name in ("train", "test"))
    if train.classes != test.classes:
        unmatched = sorted(set(train.classes) ^ set(test.classes))
        raise InputError(
            f"dataset.root={dataset.root}: train/ and test/ must have the same classes; "
            f"only one of them has {', '.join(unmatched)}"
        )
    _check_several(dataset, len(train.classes))
    return {"train": train.samples, "test": test.samples}


def _tiny_imagenet(dataset: ImageFolder) -> Mapping[str, Samples]:
    """`train/WNID/images/*`, and `val/images/*` with a file that names the class of each."""
    train = _folder(dataset, "train")
    _check_several(dataset, len(train.classes))
    folder = Path(dataset.root).expanduser() / "val"
    try:
        lines = (folder / _ANNOTATIONS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"dataset.root={dataset.root}: val/{_ANNOTATIONS} cannot be read, which names the class of "
            "each image of val/; allowed is the folder that tiny-imagenet-200.zip holds"
        ) from error
    test = []
    for number, line in enumerate(filter(None, lines), 1):
        name, label = (*line.split("\t"), "", "")[:2]
        if label not in train.class_to_idx:
            raise InputError(
                f"dataset.root={dataset.root}: val/{_ANNOTATIONS}, line {number}, names the class "
                f"{label!r}; allowed are those of train/"
            )
        test.append((str(folder / "images" / name), train.class_to_idx[label]))
    if not test:
        raise InputError(f"dataset.root={dataset.root}: val/{_ANNOTATIONS} names no image")
    return {"train": train.samples, "test": test}


def _drawn(dataset: ClassFolders) -> Mapping[str, Samples]:
    """`root/CLASS/*`: of each class with enough images, some are test images."""
    listed = _folder(dataset, "")
    by_class: dict[int, list[str]] = {}
    for path, label in listed.samples:
        by_class.setdefault(label, []).append(path)
    kept = [paths for paths in by_class.values() if len(paths) >= dataset.min_images]
    if len(kept) < 2:
        largest = max(map(len, by_class.values()))
        raise InputError(
            f"dataset.min_images={dataset.min_images}: {len(kept)} of {len(by_class)} classes have as "
            f"many images; allowed is a number that leaves two or more (the largest has {largest})"
        )
    samples: dict[str, Samples] = {"train": [], "test": []}
    rng = np.random.default_rng(_SEED)
    for label, paths in enumerate(kept):
        count = min(max(1, round(len(paths) * dataset.test_fraction)), len(paths) - 1)
        chosen = set(rng.permutation(len(paths))[:count].tolist())
        for number, path in enumerate(paths):
            samples["test" if number in chosen else "train"].append((path, label))
    return samples


def _check_several(dataset: ImageFolder, classes: int) -> None:
    if classes < 2:
        raise InputError(f"dataset.root={dataset.root}: has one class; allowed is two or more")


def _folder(dataset: ImageFolder, split: str) -> Any:
    """Torchvision's listing of a folder: `samples` (path, label), `classes` and `class_to_idx`."""
    path = Path(dataset.root).expanduser() / split
    if not path.is_dir():
        layouts = {
            "image_folder": "a folder with train/ and test/ in it, each with one folder a class",
            "tinyimagenet": "the folder that tiny-imagenet-200.zip holds",
        }
        allowed = layouts.get(dataset.format, "a folder with one folder of images a class")
        missing = f"has no folder {split}/" if split else "is no folder"
        raise InputError(f"dataset.root={dataset.root}: {missing}; allowed is {allowed}")
    _refuse_loops(dataset, path, ())
    try:
        return torchvision("datasets").ImageFolder(path)
    except (OSError, RuntimeError) as error:
        where = f"{split}/ " if split else ""
        raise InputError(
            f"dataset.root={dataset.root}: {where}cannot be used "
            f"({' '.join(str(error).split())}); allowed is one folder of images a class"
        ) from error


def _refuse_loops(dataset: ImageFolder, folder: Path, came_through: tuple[Path, ...]) -> None:
    """InputError for a link to a folder that holds it, in which images would be found again and again.

    `came_through` are the folders whose links led here.
    """
    for path, names, _ in os.walk(folder):
        for link in (Path(path, name) for name in names):
            if not link.is_symlink():
                continue
            target, above = link.resolve(), (*came_through, Path(path).resolve())
            if any(each.is_relative_to(target) for each in above):
                raise InputError(
                    f"dataset.root={dataset.root}: {link} is a link to {target}, in which it lies "
                    "itself; allowed are links to other folders"
                )
            _refuse_loops(dataset, target, above)
