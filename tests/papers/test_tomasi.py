"""The formulas of Tomasi 2019 that figures and an optimiser take from one place."""

import numpy as np
import pytest

from isbe_bench.papers import tomasi


def test_decision_regions_are_convex() -> None:
    draws = np.random.default_rng(0).dirichlet(np.ones(4), size=2000)
    regions = tomasi.region(draws)
    for label in range(4):
        inside = draws[regions == label]
        half = len(inside) // 2
        middles = (inside[:half] + inside[half : 2 * half]) / 2
        assert set(tomasi.region(middles)) == {label}


def test_cross_entropy_is_the_same_for_both_labels_seen_from_their_scores() -> None:
    scores = np.linspace(0.01, 0.99, 99)
    np.testing.assert_allclose(
        tomasi.cross_entropy(1, scores), tomasi.cross_entropy(0, 1 - scores), rtol=1e-12
    )
    assert tomasi.cross_entropy(1, np.array([0.5, 0.25])).tolist() == [1.0, 2.0]


def test_entropy_is_0_at_both_ends_and_1_in_the_middle() -> None:
    assert tomasi.entropy(np.array([0.0, 0.5, 1.0])).tolist() == [0.0, 1.0, 0.0]
    assert tomasi.entropy(np.array([0.25])) == pytest.approx(2 - 0.75 * np.log2(3))
