"""The published numbers of Zhu et al. 2020 (Appl. Sci. 10, 2950), and what contradicts them."""

import dataclasses
import math
from collections.abc import Iterator

from isbe_bench.papers.slip import Slip

DATASETS = ("cifar100", "tinyimagenet", "facescrub")
"""Of Tables 1 to 3."""

NETS = {"vgg": "VGG", "resnet18": "ResNet-18", "resnet50": "ResNet-50"}
"""The columns of the tables. The depth of VGG is not stated: ours are vgg16 and vgg_zhu."""


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the tables: its label there, and the variant that it is here."""

    label: str
    variant: str


ROWS = (
    Row("Cross-entropy", "ce_mean"),
    Row("AM-Softmax (s = 7.5, m = 0.35)", "am_softmax(0.35)/cosine(7.5)"),
    Row("AM-Softmax (s = 10, m = 0.5)", "am_softmax(0.5)/cosine(10)"),
    Row("PEDCC-loss (s = 7.5, m = 0.35)", "pedcc(0.35)/pedcc(7.5)"),
    Row("PEDCC-loss (s = 10, m = 0.5)", "pedcc(0.5)/pedcc(10)"),
    Row("Scaled batch norm (m = 0.8)", "ce_mean/scaled_bn(0.8)"),
    Row("Scaled batch norm (m = 0.9)", "ce_mean/scaled_bn(0.9)"),
    Row("Scaled batch norm (m = 1)", "ce_mean/scaled_bn(1)"),
)
BASELINES, OURS = ROWS[1:5], ROWS[5:]

Printed = tuple[float, float]
"""Accuracy and its plus-minus, in percent; the number of runs is not readable in the text."""

_PRINTED = {
    "cifar100": (
        ((71.86, 0.14), (75.10, 0.34), (75.95, 0.32)),
        ((72.85, 0.18), (74.97, 0.08), (75.68, 0.14)),
        ((71.97, 0.54), (74.40, 0.38), (75.61, 0.24)),
        ((72.53, 0.32), (74.86, 0.51), (76.19, 0.14)),
        ((71.98, 0.31), (73.84, 0.48), (75.41, 0.17)),
        ((73.57, 0.25), (76.12, 0.31), (76.56, 0.13)),
        ((74.13, 0.24), (76.10, 0.12), (76.62, 0.17)),
        ((73.24, 0.06), (76.08, 0.30), (76.32, 0.51)),
    ),
    "tinyimagenet": (
        ((54.05, 0.19), (59.38, 0.18), (62.35, 0.27)),
        ((54.57, 0.28), (59.48, 0.25), (61.83, 0.27)),
        ((54.62, 0.31), (59.26, 0.32), (62.40, 0.06)),
        ((54.91, 0.17), (59.13, 0.38), (62.38, 0.52)),
        ((54.22, 0.21), (59.04, 0.08), (62.42, 0.24)),  # printed as "6242%"
        ((55.02, 0.09), (60.34, 0.32), (63.72, 0.08)),
        ((55.13, 0.25), (60.12, 0.07), (63.09, 0.15)),
        ((55.86, 0.26), (60.61, 0.23), (63.27, 0.30)),
    ),
    "facescrub": (
        ((93.54, 0.30), (89.65, 0.13), (90.01, 0.31)),
        ((94.12, 0.08), (91.24, 0.24), (90.84, 0.35)),
        ((93.95, 0.19), (91.01, 0.29), (91.67, 0.50)),
        ((93.68, 0.37), (90.50, 0.25), (90.47, 0.34)),
        ((93.82, 0.27), (90.27, 0.30), (90.98, 0.36)),
        ((94.73, 0.16), (92.32, 0.16), (92.28, 0.46)),
        ((94.36, 0.08), (92.47, 0.09), (92.00, 0.61)),
        ((94.44, 0.37), (92.36, 0.30), (92.38, 0.14)),
    ),
}

ACCURACY: dict[tuple[str, str, str], Printed] = {
    (dataset, net, row.variant): value
    for dataset, rows in _PRINTED.items()
    for row, values in zip(ROWS, rows, strict=True)
    for net, value in zip(NETS, values, strict=True)
}
"""Tables 1 to 3, by data set, column and variant."""


def column(net: str) -> str | None:
    """The column of the tables that a network of the suite belongs in; None if it has none."""
    return {"vgg16": "vgg", "vgg_zhu": "vgg"}.get(net, net if net in NETS else None)


def largest_probability(classes: int, scale: float) -> float:
    """The largest probability of the label behind scaled batch norm, if classes are balanced.

    Where all classes are separated ideally, the scores of a class are `m sqrt(K - 1)` for its own images
    and `-m / sqrt(K - 1)` for all others, which have mean 0 and standard deviation m. (Not in the text.)
    """
    root = math.sqrt(classes - 1)
    return 1 / (1 + (classes - 1) * math.exp(-scale * (root + 1 / root)))


def slips() -> Iterator[Slip]:
    """Statements that the text's own numbers, or arithmetic, contradict."""
    once, twice = (
        math.exp(2 * factor) / (2 * math.exp(factor) + math.exp(2 * factor)) for factor in (1, 2)
    )
    yield Slip(
        "The scores [1, 1, 2] give 0.6769, doubled 0.8481: accuracy was improved by 17.12% (Section 3).",
        f"they give {once:.4f} and {twice:.4f}, {100 * (twice - once):.2f} points apart; the largest "
        "score stays the largest, so accuracy does not change",
    )
    leading = 0
    cells = [(dataset, net) for dataset in DATASETS for net in NETS]
    for dataset, net in cells:
        best = max(BASELINES, key=lambda row: ACCURACY[dataset, net, row.variant][0])
        values = [ACCURACY[dataset, net, row.variant][0] for row in ROWS[:5]]
        is_pedcc = best.variant.startswith("pedcc")
        leading += is_pedcc and ACCURACY[dataset, net, best.variant][0] == max(values)
    yield Slip(
        "PEDCC-loss achieves the best performance of these methods (Section 1).",
        f"it leads the baselines in {leading} of {len(cells)} cells of Tables 1 to 3",
    )
    yield Slip(
        "Formula (7) has y_j / p_j in its sum.",
        "it must be y_i / p_i: as printed its middle is 0, not p_j - y_j",
    )
    yield Slip(
        "Categories with fewer than 70 samples are dropped; each of the 361 left has 90 + 10 images "
        "(Section 4).",
        "one with 70 to 99 images cannot have 100",
    )
    yield Slip('Table 2 has "6242%" for PEDCC-loss on ResNet-50.', "read here as 62.42%")
