"""The papers' claims, each with a verdict from the measurements."""

from isbe_bench.analysis import Analysis
from isbe_bench.publication.claim import Claim
from isbe_bench.publication.claims import (
    accuracies,
    backpropagation,
    classifiers,
    curves,
    descent,
    remarks,
    theorems,
    times,
)

_MAKERS = (
    *(theorems.make, times.make, accuracies.make, curves.make, remarks.make),
    classifiers.make,
    backpropagation.make,
    descent.make,
)


def make(analysis: Analysis) -> list[Claim]:
    """All claims, by paper and in its order."""
    return [claim for make in _MAKERS for claim in make(analysis)]
