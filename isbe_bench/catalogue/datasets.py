"""The data sets: titles, sizes, and the smallest difference in accuracy that matters."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A data set whose files are public.

    Attributes
    ----------
    title
        Its name as the paper writes it.
    test_images
        Number of test images.
    margin
        The smallest difference in alpha that matters, in points.
    folder
        Folder of torchvision's files below `dataset.root`; empty if there is none.
    fingerprint
        Of its images and labels (`data.images.fingerprint`); empty if it has no files.
    classes
        Class names by class index, if Figure 5 shows them.
    """

    title: str
    test_images: int
    margin: float = 0.5
    folder: str = ""
    fingerprint: str = ""
    classes: tuple[str, ...] = ()


DATASETS = {
    "digits": Dataset("digits", 360),
    # 0.1 points are 10 of 10,000 images: the paper calls "less than a few or a dozen errors" slight
    # (Section 4.1). Elsewhere 0.5, about the difference between two seeds.
    "mnist": Dataset("MNIST", 10_000, 0.1, "MNIST/raw", "b8632e0672f3021d", tuple("0123456789")),
    "cifar10": Dataset(
        "CIFAR-10",
        10_000,
        0.5,
        "cifar-10-batches-py",
        "80f238319000c928",
        ("plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
    "cifar100": Dataset("CIFAR-100", 10_000, 0.5, "cifar-100-python", "9d721a20d23962c6"),
}


SAMPLED = {name: dataset for name, dataset in DATASETS.items() if dataset.classes}
"""The data sets of Figure 5, which shows an image of each class."""


def margin(dataset: str) -> float:
    """The smallest difference in alpha that matters on a data set, in points; 0.5 if unknown."""
    return DATASETS[dataset].margin if dataset in DATASETS else 0.5


def place(group: tuple[object, ...]) -> tuple[bool, tuple[str, ...]]:
    """Sort key for groups of runs, given data set, network and so on: MNIST first, as in the paper."""
    return group[0] != "mnist", tuple(map(str, group))
