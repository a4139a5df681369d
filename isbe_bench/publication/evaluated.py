"""What saved weights give beside the record of the run that saved them, as Markdown."""

import math
from collections.abc import Sequence

import pandas as pd

from isbe_bench import literal
from isbe_bench.analysis.evaluated import Values
from isbe_bench.runs.rows import PREDICTIONS
from isbe_bench.settings.words import plural


def verdict(alpha: float, recorded: float, compared: Sequence[Values]) -> tuple[bool, str]:
    """Whether all test images are predicted as recorded, and that with alpha in a sentence."""
    kinds = {each.kind: each for each in compared if each.file == PREDICTIONS}
    predictions, labels = kinds["prediction"], kinds["label"]
    found = f"alpha {alpha:.2f}%, recorded {recorded:.2f}%"
    images = plural(predictions.count, "test image")
    if labels.differ:
        return False, f"Other images: {labels.differ} of {images} have another label; {found}."
    if predictions.differ:
        return False, f"Not the same: {predictions.differ} of {images} predicted otherwise; {found}."
    return True, f"The same predictions for {images}; {found}."


def table(compared: Sequence[Values]) -> str:
    """For each kind of values, how many there are, how many differ, and by how much at most."""
    rows = [
        (
            each.file,
            each.kind,
            each.count,
            each.differ,
            "" if math.isnan(each.largest) else f"{each.largest:.3g}",
        )
        for each in compared
    ]
    columns = ["file", "values", "number", "differ", "largest difference"]
    return literal.table(pd.DataFrame(rows, columns=columns))
