"""The ways from scores to their gradient that `task=head` measures."""

from collections.abc import Iterable

from isbe_bench.catalogue.entry import Catalogue, Entry

EAGER, PIECEWISE, COMPILED = "PyTorch's operations", "in place or in blocks", "compiled"
LINEAR = "linear layer and head"
"""How a way is computed: its panel in the figure."""

_SOFTMAX, _SIGMOID, _HARDSIGMOID, _TANH, _HARDTANH = (
    "#009E73",
    "#0072B2",
    "#56B4E9",
    "#CC79A7",
    "#D55E00",
)  # of their loss modes

HEADS = Catalogue(
    Entry("ce_mean", "ce_mean", EAGER, "#000000", "--"),
    Entry("ce_none", "ce_none", EAGER, "#E69F00", "--"),
    Entry("ce_sum", "ce_sum", EAGER, "#999999", "--"),
    Entry("ce_separated", "ce_separated", EAGER, "#666633", "--", about="softmax, logarithm, mean"),
    Entry("ce_compiled", "ce_compiled", COMPILED, "#882255", "--", about="torch.compile"),
    Entry("ce_liger", "ce_liger", COMPILED, "#F0E442", "--", about="Liger's kernel, CUDA"),
    Entry("isbe_direct", "isbe_direct", EAGER, _SOFTMAX, about="softmax"),
    Entry("isbe_inplace", "isbe_inplace", PIECEWISE, _SOFTMAX, about="over the scores"),
    Entry("isbe_function", "isbe_function", EAGER, "#AA4499", about="autograd function"),
    Entry("isbe_onehot", "isbe_onehot", EAGER, "#A6761D", about="with a one-hot matrix"),
    Entry("isbe_compiled", "isbe_compiled", COMPILED, _SOFTMAX, about="torch.compile"),
    Entry("isbe_sigmoid_direct", "sigmoid", EAGER, _SIGMOID, ":"),
    Entry("isbe_sigmoid_inplace", "sigmoid in place", PIECEWISE, _SIGMOID),
    Entry("isbe_sigmoid_compiled", "sigmoid compiled", COMPILED, _SIGMOID),
    Entry("isbe_hardsigmoid_direct", "hardsigmoid", EAGER, _HARDSIGMOID, ":"),
    Entry("isbe_hardsigmoid_inplace", "hardsigmoid in place", PIECEWISE, _HARDSIGMOID),
    Entry("isbe_hardsigmoid_compiled", "hardsigmoid compiled", COMPILED, _HARDSIGMOID),
    Entry("isbe_tanh_direct", "tanh", EAGER, _TANH, ":"),
    Entry("isbe_tanh_blocks", "tanh in blocks", PIECEWISE, _TANH, ":", about="2 sigmoid(2x)"),
    Entry("isbe_tanh_inplace", "tanh in place", PIECEWISE, _TANH),
    Entry("isbe_tanh_compiled", "tanh compiled", COMPILED, _TANH),
    Entry("isbe_hardtanh_direct", "hardtanh", EAGER, _HARDTANH, ":"),
    Entry("isbe_hardtanh_blocks", "hardtanh in blocks", PIECEWISE, _HARDTANH, ":"),
    Entry("isbe_hardtanh_inplace", "hardtanh in place", PIECEWISE, _HARDTANH),
    Entry("isbe_hardtanh_compiled", "hardtanh compiled", COMPILED, _HARDTANH),
    Entry("linear_ce", "cross-entropy", LINEAR, "#000000", "--"),
    Entry("linear_ce_compiled", "cross-entropy, compiled", LINEAR, "#882255", "--"),
    Entry("linear_ce_chunked", "linear_cross_entropy, chunked", LINEAR, "#E69F00", "--"),
    Entry("linear_ce_liger", "Liger's", LINEAR, "#F0E442", "--", about="CUDA"),
    Entry("linear_ce_cut", "cut-cross-entropy's", LINEAR, "#999999", "--", about="CUDA"),
    Entry("linear_isbe_softmax", "softmax, whole", LINEAR, "#44AA99"),
    Entry("linear_isbe_softmax_chunked", "softmax by rows", LINEAR, _SOFTMAX),
    Entry("linear_isbe_sigmoid_chunked", "sigmoid by classes", LINEAR, _SIGMOID),
    Entry("linear_isbe_hardsigmoid_chunked", "hardsigmoid by classes", LINEAR, _HARDSIGMOID),
    Entry("linear_isbe_tanh_chunked", "tanh by classes", LINEAR, _TANH),
    Entry("linear_isbe_hardtanh_chunked", "hardtanh by classes", LINEAR, _HARDTANH),
)
LINEAR_HEADS = HEADS.names(LINEAR)
"""Those that begin at features, with a linear layer."""
SCORE_HEADS = tuple(name for name in HEADS.names() if name not in LINEAR_HEADS)
"""Those that begin at scores."""
COPY, PRODUCTS = "copy", "products"
"""Measured beside the ways, as their floor: a copy of the scores, which moves as many bytes as a
gradient must; and the matrix products of a linear layer, forward and backward."""
FLOORS = (COPY, PRODUCTS)


def floor(modes: Iterable[str]) -> str:
    """The floor among what was measured."""
    return next(mode for mode in modes if mode in FLOORS)
