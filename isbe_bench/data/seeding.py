"""Independent random streams, all derived from one seed.

A stream depends on (seed, purpose, epoch) alone. It does not depend on the loss mode, so runs that
differ only in the loss are pairs; nor on what ran before, so a resumed run draws the same numbers as an
uninterrupted one.
"""

import random
from typing import Literal, get_args

import numpy as np
import torch

Purpose = Literal["weights", "split", "order", "augmentation", "dropout", "scores", "theory", "targets"]
_PURPOSES: tuple[Purpose, ...] = get_args(Purpose)  # append only: seeds depend on positions


def derive(seed: int, purpose: Purpose, epoch: int = 0) -> int:
    """A 63-bit seed for one purpose in one epoch (NumPy's SeedSequence mixes the three)."""
    sequence = np.random.SeedSequence([seed, _PURPOSES.index(purpose), epoch])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def seed_all(seed: int) -> None:
    """Seed all global generators; the user's own parts may draw from any of them."""
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002


def generator(seed: int, purpose: Purpose, epoch: int = 0) -> torch.Generator:
    """A generator at the start of a stream; on the CPU, so that every device gets the same draws."""
    return torch.Generator().manual_seed(derive(seed, purpose, epoch))
