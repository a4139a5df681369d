"""Independent random streams that all follow from one seed.

A stream is a function of (seed, purpose, epoch) alone: it depends neither on the loss mode, so runs
that differ only in it are pairs, nor on what ran before, so a resumed run draws what an uninterrupted
one would have drawn.
"""

from typing import Literal, get_args

import numpy as np
import torch

Purpose = Literal["weights", "split", "order", "augmentation", "dropout", "scores", "theory"]
_PURPOSES: tuple[Purpose, ...] = get_args(Purpose)  # a new one at the end: their places are in the seeds


def derive(seed: int, purpose: Purpose, epoch: int = 0) -> int:
    """A 63-bit seed for one purpose in one epoch (NumPy's SeedSequence mixes the three)."""
    sequence = np.random.SeedSequence([seed, _PURPOSES.index(purpose), epoch])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def generator(seed: int, purpose: Purpose, epoch: int = 0) -> torch.Generator:
    """A CPU generator at the start of a stream: every device then sees the same draws."""
    return torch.Generator().manual_seed(derive(seed, purpose, epoch))
