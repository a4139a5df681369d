"""The paper's claims, one by one, beside what was measured; a verdict on each."""

from isbe_bench.analysis.collection import Collection
from isbe_bench.publication.claims import accuracies, curves, theorems, times
from isbe_bench.publication.claims.claim import Claim

_MAKERS = (theorems.make, times.make, accuracies.make, curves.make)


def make(collection: Collection) -> list[Claim]:
    """All claims, in the order of the paper."""
    return [claim for make in _MAKERS for claim in make(collection)]
