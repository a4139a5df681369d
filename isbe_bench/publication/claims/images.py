"""Whether ISBE misclassifies the same images as cross-entropy, which the paper did not check."""

from collections.abc import Iterator

import pandas as pd

from isbe_bench.analysis import Analysis
from isbe_bench.catalogue.losses import CROSS_ENTROPY, ISBE
from isbe_bench.settings.words import plural


def make(analysis: Analysis) -> Iterator[str]:
    """A sentence for each network of the paper."""
    for group in analysis.paper_trainings:
        pairs = [(mode, ce) for mode in ISBE for ce in CROSS_ENTROPY if group.common_seeds(mode, ce)]
        if not pairs:
            continue
        shares = {pair: group.images.agreement(*pair) for pair in pairs}
        furthest, closest = (pick(pairs, key=lambda pair: shares[pair]) for pick in (min, max))
        share = f"{shares[closest]:.0%} ({' and '.join(closest)})"
        if len(pairs) > 1:
            share = f"from {shares[furthest]:.0%} ({' and '.join(furthest)}) to {share}"
        sentence = (
            f"{group.title}, {plural(len(group.common_seeds(*pairs[0])), 'seed')}: of the images that "
            f"ISBE or cross-entropy classifies wrong, {share} are wrong under both"
        )
        itself = pd.Series([group.images.agreement(mode, mode) for mode in group.modes]).mean()
        if pd.notna(itself):
            sentence += f"; two seeds of one and the same mode share {itself:.0%}"
        smallest = min(group.images.smallest_p(*pair) for pair in pairs)
        yield (
            f"{sentence}. McNemar's exact test, smallest p-value over {plural(len(pairs), 'pair')} of "
            f"modes and all seeds, corrected for their number: {min(1.0, smallest * len(pairs)):.2g}."
        )
