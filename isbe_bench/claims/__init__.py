"""The paper's claims, one by one, beside what was measured; a verdict on each."""

from isbe_bench.claims import accuracies, curves, theorems, times
from isbe_bench.claims.claim import Claim
from isbe_bench.collection import Collection

_MAKERS = (theorems.make, times.make, accuracies.make, curves.make)


def make(collection: Collection) -> list[Claim]:
    """All claims, in the order of the paper."""
    return [claim for make in _MAKERS for claim in make(collection)]
