"""A few images of MNIST and CIFAR-10, kept as a record: what the paper's Figure 5 is made from."""

import base64
import dataclasses
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from isbe_bench.analysis.collection.tidy import SAMPLES
from isbe_bench.data import sources
from isbe_bench.runs.folder import write_atomically
from isbe_bench.settings import composition, words
from isbe_bench.settings.dataset import AnyDataset


@dataclasses.dataclass(frozen=True)
class SampledSet:
    """A data set of Figure 5.

    Attributes
    ----------
    title
        As the paper writes it.
    folder
        Where torchvision's files lie.
    classes
        The classes' names, in the order of their numbers.
    """

    title: str
    folder: str
    classes: tuple[str, ...]


SETS = {
    "mnist": SampledSet("MNIST", "MNIST/raw", tuple("0123456789")),
    "cifar10": SampledSet(
        "CIFAR-10",
        "cifar-10-batches-py",
        ("plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
}
"""By the suite's own name of the data set."""


def available(root: Path) -> list[str]:
    """Those of `SETS` whose files lie at `root`."""
    return [name for name, each in SETS.items() if (root / each.folder).is_dir()]


def read(name: str, root: Path) -> pd.DataFrame:
    """The first training image of each class of one of `SETS`, as `Collection.samples`.

    Raises
    ------
    InputError
        Files that are missing or damaged.
    """
    place = {"root": str(root), "download": False}
    dataset = words.validate(AnyDataset, composition.choice("dataset", name) | place, "dataset")
    train, _ = sources.read(dataset)
    rows = []
    for label, word in enumerate(SETS[name].classes):
        first = int((train.labels == label).nonzero()[0])
        rows.append((name, first, label, word, as_png(train.images[first].permute(1, 2, 0).numpy())))
    return pd.DataFrame(rows, columns=["dataset", "image", "label", "name", "png"])


def write(samples: pd.DataFrame, results_dir: Path) -> Path:
    """Write `<results_dir>/records/samples.csv`, which `collect` reads."""
    path = results_dir / "records" / SAMPLES
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, samples.to_csv(index=False))
    return path


def as_png(image: npt.NDArray[np.uint8]) -> str:
    """An image (height, width, channels), uint8, of one or three channels, as PNG in base64."""
    buffer = io.BytesIO()
    pixels = image.squeeze(2) if image.shape[2] == 1 else image
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()
