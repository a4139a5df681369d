"""The ways from scores to their gradient that `task=head` measures."""

from isbe_bench.catalogue.entry import Catalogue, Entry

EAGER, PIECEWISE, COMPILED = "PyTorch's operations", "in place or in blocks", "compiled"
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
)
COPY = "copy"
"""Measured beside the ways: a copy of the scores, which moves as many bytes as a gradient must."""
