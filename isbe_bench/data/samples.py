"""One image of each class of MNIST and CIFAR-10, kept as a record for the paper's Figure 5."""

import base64
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from isbe_bench.catalogue.datasets import DATASETS
from isbe_bench.data import sources
from isbe_bench.runs import manifest
from isbe_bench.runs.files import write_atomically
from isbe_bench.runs.rows import SAMPLES
from isbe_bench.settings import composition, words
from isbe_bench.settings.dataset import AnyDataset


def available(root: Path) -> list[str]:
    """The data sets of Figure 5, which have names of classes, whose files lie below `root`."""
    return [
        name
        for name, dataset in DATASETS.items()
        if dataset.classes and (root / dataset.folder).is_dir()
    ]


def read(name: str, root: Path) -> pd.DataFrame:
    """The first training image of each class, in rows as `samples.csv` holds them.

    Parameters
    ----------
    name
        One of `available`.
    root
        Where torchvision's files lie.

    Raises
    ------
    InputError
        Files that are missing or damaged.
    """
    place = {"root": str(root), "download": False}
    dataset = words.validate(AnyDataset, composition.choice("dataset", name) | place, "dataset")
    train, _ = sources.read(dataset)
    rows = []
    for label, title in enumerate(DATASETS[name].classes):
        first = int((train.labels == label).nonzero()[0])
        rows.append((name, first, label, title, as_png(train.images[first].permute(1, 2, 0).numpy())))
    return pd.DataFrame(rows, columns=["dataset", "image", "label", "name", "png"])


def write(samples: pd.DataFrame, results_dir: Path) -> Path:
    """Write `<results_dir>/records/samples.csv` and return its path."""
    path = results_dir / "records" / SAMPLES
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, samples.to_csv(index=False))
    manifest.update(path.parent, SAMPLES)
    return path


def as_png(image: npt.NDArray[np.uint8]) -> str:
    """An image (height, width, channels), uint8, of one or three channels, as PNG in base64."""
    buffer = io.BytesIO()
    pixels = image.squeeze(2) if image.shape[2] == 1 else image
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()
