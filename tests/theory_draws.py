"""Draws for the tests of the theory."""

import torch

from isbe_bench.data import seeding
from isbe_bench.theory import mathematics
from isbe_bench.theory.mathematics import Draws


def draws(classes: int = 5, samples: int = 50, seed: int = 0) -> Draws:
    generator = seeding.generator(seed, "theory", classes)
    return mathematics.draw(classes, samples, generator, torch.device("cpu"))
