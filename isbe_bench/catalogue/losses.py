"""The loss modes, in the order of the paper's tables (Skarbek 2024)."""

from isbe_bench.catalogue.entry import OWN, Catalogue, Entry

CE, SOFT_ERROR, APART_FAMILY = "cross-entropy", "ISBE", "apart"

# Okabe and Ito's colours, which people with any kind of colour vision tell apart; the last two stay as
# far from all others as can be. ISBE is solid and cross-entropy broken, so that the two part in black
# and white as well, and a curve of cross-entropy lets another be seen beneath it.
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
)
CROSS_ENTROPY = LOSSES.names(CE)
ISBE = LOSSES.names(SOFT_ERROR)
MODES = (*CROSS_ENTROPY, *ISBE)
"""The eight of the paper's Tables 1 to 4."""
APART = LOSSES.names(APART_FAMILY)
"""Those of which the paper prints no numbers."""
REFERENCE = "ce_mean"
"""What other losses are compared with where nothing else is said."""

FUNCTION = ":function"
"""Behind an ISBE mode in `timing.losses`: its implementation as an autograd function."""
TWIN = "@2"
"""Behind the name of what is measured a second time, as its own A/A control."""


def base(name: str) -> str:
    """The loss that a measured name stands for: without `:function` and `@2`."""
    return name.removesuffix(TWIN).removesuffix(FUNCTION)


def order(name: str) -> tuple[int, str, str]:
    """A sort key: losses in the order of the catalogue, variants behind the loss itself."""
    return (*LOSSES.place(base(name)), name)


def label(name: str) -> str:
    """As tables head their columns: `softmax:function` for `isbe_softmax:function`."""
    return LOSSES.label(base(name)) + name.removeprefix(base(name))


def is_compared(name: str) -> bool:
    """Whether a loss is set against cross-entropy in tables of differences."""
    return LOSSES.family(base(name)) in (SOFT_ERROR, OWN)
