"""The classifiers: what makes scores of features."""

from isbe_bench.catalogue.entry import Catalogue, Entry

CLASSIFIER = "classifiers"

CLASSIFIERS = Catalogue(
    Entry("linear", "linear", CLASSIFIER, "#000000", "-."),
    Entry("scaled_bn", "scaled batch norm", CLASSIFIER, "#009E73"),
    Entry("cosine", "cosine", CLASSIFIER, "#0072B2"),
    Entry("pedcc", "PEDCC", CLASSIFIER, "#D55E00"),
)
USUAL = "linear"
"""The classifier of every run of version 0.1."""
