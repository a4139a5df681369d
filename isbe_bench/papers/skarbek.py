"""The published numbers (Skarbek 2024, Tables 1 to 4), and where they contradict each other."""

import dataclasses
from collections.abc import Iterator

from isbe_bench.catalogue.losses import CROSS_ENTROPY, ISBE, MODES, label
from isbe_bench.papers.slip import Slip

NETS = ("n0", "n1", "n1r")
"""The rows of Tables 1 and 3, in their order; all on MNIST."""


TRAINED = {("mnist", "n0"), ("mnist", "n1"), ("mnist", "n1r"), ("cifar10", "vgg16")}
"""The data sets and networks that the claims on trainings are about."""


def is_claimed(dataset: str, net: str) -> bool:
    """Whether trainings of this network bear on the claims: the paper's own, and any on CIFAR-10.

    VGG-16 on CIFAR-10 takes a GPU; what another network shows there is told apart by its name.
    """
    return (dataset, net) in TRAINED or dataset == "cifar10"


TIMED = {*(("digits", net) for net in NETS), *TRAINED}
"""Those that the claims on times are about: digits have the size, and so the times, of MNIST."""


def _by_net(*rows: tuple[float, ...]) -> dict[str, dict[str, float]]:
    return {net: dict(zip(MODES, row, strict=True)) for net, row in zip(NETS, rows, strict=True)}


def _by_reduction(*rows: tuple[float, ...]) -> dict[tuple[str, str], dict[str, float]]:
    keys = [(net, ce) for net in ("n0", "n1") for ce in CROSS_ENTROPY]
    return {key: dict(zip(ISBE, row, strict=True)) for key, row in zip(keys, rows, strict=True)}


TAU = _by_net(
    (60.61, 59.56, 59.98, 58.31, 58.21, 57.38, 57.45, 59.07),
    (54.89, 53.92, 53.98, 52.68, 52.33, 51.75, 51.95, 52.11),
    (54.45, 53.92, 54.00, 52.78, 52.30, 51.67, 51.73, 52.11),
)
"""Table 1: tau in percent, by net and loss mode."""

DELTA_TAU = _by_reduction(
    (-2.30, -2.40, -3.23, -3.16, -1.54),
    (-1.25, -1.35, -2.18, -2.11, -0.50),
    (-1.67, -1.77, -2.60, -2.53, -0.92),
    (-2.21, -2.56, -3.14, -2.94, -2.79),
    (-1.24, -1.59, -2.17, -1.97, -1.82),
    (-1.30, -1.65, -2.23, -2.03, -1.87),
)
"""Table 2: tau of ISBE minus tau of cross-entropy in points, by net, reduction and loss mode."""

ALPHA = _by_net(
    (99.45, 99.41, 99.47, 99.50, 99.50, 99.56, 99.41, 99.45),
    (99.61, 99.58, 99.59, 99.64, 99.66, 99.64, 99.62, 99.63),
    (99.55, 99.64, 99.64, 99.61, 99.66, 99.69, 99.63, 99.57),
)
"""Table 3: alpha in percent, by net and loss mode; apparently one run per cell."""

DELTA_ALPHA = _by_reduction(
    (0.05, 0.05, 0.11, -0.04, 0.00),
    (0.09, 0.09, 0.15, 0.00, 0.00),
    (0.13, 0.03, 0.09, -0.06, -0.02),
    (0.03, 0.05, 0.03, 0.01, 0.02),
    (0.06, 0.08, 0.06, 0.04, 0.05),
    (0.05, 0.07, 0.05, 0.03, 0.04),
)
"""Table 4: alpha of ISBE minus alpha of cross-entropy in points, by net, reduction and loss mode."""


_DATASETS = {"tau": ("mnist", "digits"), "alpha": ("mnist",)}
"""Data sets that the tables apply to, by quantity; digits have the size, and so the times, of MNIST."""


def printed(quantity: str, dataset: str, net: str, reference: str | None = None) -> dict[str, float]:
    """The paper's values of a quantity, by loss mode; empty if it prints none.

    Parameters
    ----------
    quantity
        `tau` or `alpha`.
    dataset, net
        Names as in the suite.
    reference
        The cross-entropy to take the difference from; None for the values themselves.
    """
    if dataset not in _DATASETS.get(quantity, ()):
        return {}
    if reference is None:
        return {"tau": TAU, "alpha": ALPHA}[quantity].get(net, {})
    return {"tau": DELTA_TAU, "alpha": DELTA_ALPHA}[quantity].get((net, reference), {})


@dataclasses.dataclass(frozen=True)
class Disagreement:
    """A cell of Table 2 or 4 that does not follow from Table 1 or 3; both numbers in points."""

    table: int
    net: str
    ce: str
    mode: str
    printed: float
    recomputed: float


def disagreements() -> Iterator[Disagreement]:
    """The cells of Tables 2 and 4 that differ from the recomputed ones by more than rounding.

    tau is rounded to 0.01, so a difference of two may be off by 0.015, that is by 0.01 as printed.
    alpha is a count of 10,000 images and not rounded, so any difference counts.
    """
    for table, values, differences, rounding in (
        (2, TAU, DELTA_TAU, 0.015),
        (4, ALPHA, DELTA_ALPHA, 0.005),
    ):
        for (net, ce), row in differences.items():
            for mode, printed in row.items():
                recomputed = round(values[net][mode] - values[net][ce], 2)
                if abs(printed - recomputed) > rounding:
                    yield Disagreement(table, net, label(ce), mode, printed, recomputed)


_OF_THE_TEXT = (
    Slip(
        "|x| <= eps implies |F(x)| <= c |x|, of all five activations (Section 3).",
        "it implies F(0) = 0, and softmax, sigmoid and hardsigmoid are not 0 there",
    ),
    Slip(
        "C3k2s64 means 32 convolutions with 3 x 3 masks (Section 4.1).",
        "the 64 in it is the number of convolutions, as F512 is that of outputs",
    ),
    Slip(
        "Appendix B: ...one_hot(labels, num_classes=K)*(1-K*eps)+eps), torch.nn.functional.SoftMax.",
        "one closing bracket too many; PyTorch's function is torch.nn.functional.softmax",
    ),
)


def slips() -> Iterator[Slip]:
    """The statements that Tables 1 to 4, as printed, or other parts of the text contradict."""
    below = [
        f"{net} {mode} {row[mode]:.2f}"
        for net, row in ALPHA.items()
        for mode in ISBE
        if row[mode] <= 99.5
    ]
    if below:
        yield Slip("All five activations reach more than 99.5% on MNIST (Section 3).", ", ".join(below))
    pairs = [(net, row["ce_none"], row["isbe_softmax"]) for net, row in ALPHA.items()]
    if any(none != softmax for _, none, softmax in pairs):
        numbers = ", ".join(f"{net} {none:.2f} and {softmax:.2f}" for net, none, softmax in pairs)
        yield Slip("With reduction none the success rate is identical to that of softmax.", numbers)
    behind = [
        f"{net} {mode} {row[mode]:.2f}, softmax {row['isbe_softmax']:.2f}"
        for net, row in ALPHA.items()
        for mode in ("ce_mean", "ce_sum")
        if row[mode] <= row["isbe_softmax"]
    ]
    if behind:
        yield Slip("Options mean and sum are slightly better than softmax.", "; ".join(behind))
    falls = sorted(DELTA_TAU["n0", "ce_none"].items(), key=lambda item: -item[1])
    if {mode for mode, _ in falls[:2]} != {"isbe_tanh", "isbe_hardtanh"}:
        numbers = ", ".join(f"{mode} {change:+.2f}" for mode, change in falls[:3])
        yield Slip("On N0 the decrease is smallest for tanh and hardtanh (Table 2, none).", numbers)
    (net, ce), mode = max(
        ((key, mode) for key, row in DELTA_ALPHA.items() for mode in ISBE),
        key=lambda at: DELTA_ALPHA[at[0]][at[1]],
    )
    if mode != "isbe_softmax":
        numbers = f"{DELTA_ALPHA[net, ce][mode]:+.2f} is of {mode} ({net}, {label(ce)})"
        yield Slip("The largest difference, 0.15 points, is that of softmax (Table 4).", numbers)
    worse = [
        f"{net} {label(ce)} {mode} {value:+.2f}"
        for (net, ce), row in DELTA_ALPHA.items()
        for mode, value in row.items()
        if value < 0 and mode != "isbe_softmax"
    ]
    if worse:
        yield Slip(
            "All activations but softmax are slightly or significantly better (Table 4).",
            ", ".join(worse),
        )
    yield from _OF_THE_TEXT
