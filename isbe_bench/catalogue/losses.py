"""The loss modes, in the order of the paper's tables (Skarbek 2024)."""

from collections.abc import Iterable

from isbe_bench.catalogue.classifiers import USUAL
from isbe_bench.catalogue.entry import OWN, Catalogue, Entry

CE, SOFT_ERROR, APART_FAMILY, OTHER = "cross-entropy", "ISBE", "apart", "other losses"

# Okabe and Ito's colour-blind safe colours; the last two are as far from all others as possible. ISBE is
# solid and cross-entropy broken, so that they differ in black and white as well, and a curve of
# cross-entropy does not hide one beneath it.
LOSSES = Catalogue(
    Entry("ce_mean", "mean", CE, "#000000", "-."),
    Entry("ce_none", "none", CE, "#E69F00", "--"),
    Entry("ce_sum", "sum", CE, "#999999", ":"),
    Entry("isbe_hardsigmoid", "hardsigmoid", SOFT_ERROR, "#56B4E9"),
    Entry("isbe_hardtanh", "hardtanh", SOFT_ERROR, "#D55E00"),
    Entry("isbe_sigmoid", "sigmoid", SOFT_ERROR, "#0072B2"),
    Entry("isbe_softmax", "softmax", SOFT_ERROR, "#009E73"),
    Entry("isbe_tanh", "tanh", SOFT_ERROR, "#CC79A7"),
    Entry(
        "isbe_normalize",
        "normalize",
        APART_FAMILY,
        "#7F4F24",
        about="the negative control of the paper's Section 3",
    ),
    Entry(
        "isbe_dilated_softmax",
        "dilated_softmax",
        APART_FAMILY,
        "#332288",
        about="the dilated softmax of its Theorem A1",
    ),
    Entry(
        "ce_separated",
        "separated",
        OTHER,
        "#666633",
        "--",
        about="softmax, logarithm and mean apart, as in its Diagrams 1 and 6",
    ),
    Entry("am_softmax", "AM-Softmax", OTHER, "#A6761D", "--", about="a margin between cosines"),
    Entry("pedcc", "PEDCC-loss", OTHER, "#66A61E", "--", about="margin and centroid's distance"),
    Entry("l_softmax", "L-Softmax", OTHER, "#7570B3", "--", about="a multiple of the angle"),
    Entry("a_softmax", "A-Softmax", OTHER, "#1F78B4", "--", about="the same for cosines"),
    Entry("center", "center loss", OTHER, "#E7298A", "--", about="distance from learned centres"),
)
CROSS_ENTROPY = LOSSES.names(CE)
ISBE = LOSSES.names(SOFT_ERROR)
MODES = (*CROSS_ENTROPY, *ISBE)
"""The eight modes of the paper's Tables 1 to 4."""
APART = LOSSES.names(APART_FAMILY)
"""Modes for which the paper prints no numbers."""
OTHERS = LOSSES.names(OTHER)
"""Those that Zhu et al. 2020 name, and cross-entropy in separate steps."""
REFERENCE = "ce_mean"
"""The default reference that other losses are compared with."""

FUNCTION = ":function"
"""Suffix of an ISBE mode in `timing.losses`: its implementation as an autograd function."""
WITH = "/"
"""Between a loss and a classifier other than the usual one."""
TWIN = "@2"
"""Suffix of the second entry of a mode, its A/A control."""


def measured(loss: str, classifier: str) -> str:
    """The name of a loss with a classifier in measurements: `ce_mean`, `ce_mean/scaled_bn`."""
    return loss if classifier == USUAL else f"{loss}{WITH}{classifier}"


def base(name: str) -> str:
    """The loss behind a measured name, without `:function`, `/scaled_bn` and `@2`."""
    return name.removesuffix(TWIN).partition(WITH)[0].removesuffix(FUNCTION)


def order(name: str) -> tuple[int, str, str]:
    """Sort key: losses in catalogue order, each followed by its variants."""
    return (*LOSSES.place(base(name)), name)


def label(name: str) -> str:
    """The column heading of a mode: `softmax:function` for `isbe_softmax:function`."""
    return LOSSES.label(base(name)) + name.removeprefix(base(name))


def is_compared(name: str) -> bool:
    """Whether a loss is compared with cross-entropy in tables of differences."""
    return LOSSES.family(base(name)) in (SOFT_ERROR, OWN)


def is_own(name: str) -> bool:
    """Whether a loss is a user's own."""
    return LOSSES.family(base(name)) == OWN


def together(modes: Iterable[str]) -> str:
    """What compared losses are called together: `ISBE`, or `loss` if a user's own is among them."""
    return "loss" if any(map(is_own, modes)) else "ISBE"
