"""The ways from scores to their gradient that `task=head` measures."""

from isbe_bench.catalogue.entry import Catalogue, Entry
from isbe_bench.catalogue.losses import CE, SOFT_ERROR

HEADS = Catalogue(
    Entry("ce_mean", "ce_mean", CE, "#000000", "--"),
    Entry("ce_none", "ce_none", CE, "#E69F00", "--"),
    Entry("ce_sum", "ce_sum", CE, "#999999", "--"),
    Entry("ce_separated", "ce_separated", CE, "#666633", "--", about="softmax, logarithm, mean"),
    Entry("ce_compiled", "ce_compiled", CE, "#882255", "--", about="torch.compile"),
    Entry("ce_liger", "ce_liger", CE, "#F0E442", "--", about="Liger's kernel, CUDA"),
    Entry("isbe_direct", "isbe_direct", SOFT_ERROR, "#009E73"),
    Entry("isbe_inplace", "isbe_inplace", SOFT_ERROR, "#0072B2", about="over the scores"),
    Entry("isbe_function", "isbe_function", SOFT_ERROR, "#D55E00", about="autograd function"),
    Entry(
        "isbe_onehot",
        "isbe_onehot",
        SOFT_ERROR,
        "#CC79A7",
        about="with a one-hot matrix",
    ),
)
COPY = "copy"
"""Measured beside the ways: a copy of the scores, which moves as many bytes as a gradient must."""
