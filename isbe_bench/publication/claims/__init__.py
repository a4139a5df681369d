"""The paper's claims, each with a verdict from the measurements."""

from isbe_bench.analysis import Analysis
from isbe_bench.publication.claim import Claim
from isbe_bench.publication.claims import accuracies, curves, theorems, times

_MAKERS = (theorems.make, times.make, accuracies.make, curves.make)


def make(analysis: Analysis) -> list[Claim]:
    """All claims, in the order of the paper."""
    return [claim for make in _MAKERS for claim in make(analysis)]
