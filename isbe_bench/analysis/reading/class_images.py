"""The numbers of test images by class, kept with each training: without them, no recall of a class."""

from typing import Any

import pandas as pd


def count(labels: "pd.Series[int]") -> dict[str, int]:
    """The number of images of each class that occurs, by label; JSON has no other keys than texts."""
    return {str(label): int(images) for label, images in labels.value_counts().sort_index().items()}


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """The numbers of images: a row for each run that has them, by name, and a column for each label."""
    counts = runs.set_index("run")["class_images"].dropna()
    rows = [{int(label): images for label, images in each.items()} for each in counts]
    return pd.DataFrame(rows, index=counts.index).fillna(0).astype(int).sort_index(axis=1)


def by_class(errors: pd.DataFrame) -> pd.DataFrame:
    """The numbers of misclassified images: a row for each run with any, and a column for each label."""
    return errors.groupby(["run", "label"]).size().unstack(fill_value=0)  # noqa: PD010


def incomplete(runs: pd.DataFrame, errors: pd.DataFrame) -> dict[str, str]:
    """Reasons to reject runs whose numbers of images do not fit their other numbers, by run."""
    cells = runs.set_index("run")[["class_images", "test_images"]].dropna()
    bad = {run for run, row in cells.iterrows() if not _sums_to(row["class_images"], row["test_images"])}
    images = table(runs[~runs["run"].isin(bad)])
    wrong = by_class(errors[errors["run"].isin(images.index)])
    fits = wrong.le(images.reindex(wrong.index, columns=wrong.columns, fill_value=0)).all(axis=1)
    bad |= set(wrong.index[~fits])
    return dict.fromkeys(map(str, bad), "class_images does not fit its numbers of images")


def _sums_to(counts: Any, images: int) -> bool:
    """Whether a cell holds numbers of images by label, and of this many images."""
    if not isinstance(counts, dict) or not all(str(label).isdecimal() for label in counts):
        return False
    numbers = counts.values()
    return all(type(number) is int and number > 0 for number in numbers) and sum(numbers) == images
