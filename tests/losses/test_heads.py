"""The ways of `task=head`: every one computes the same gradient, and its memory is as expected."""

import pytest
import torch

from isbe_bench.losses import heads
from isbe_bench.losses.heads import WAYS
from isbe_bench.measuring import memory

CPU = torch.device("cpu")
EVERYWHERE = [way for way in WAYS if way not in ("ce_compiled", "ce_liger")]


@pytest.mark.parametrize("way", EVERYWHERE)
@pytest.mark.parametrize("shape", [(1, 2), (7, 10), (3, 1000)])
def test_every_way_gives_the_gradient_of_the_textbook(way: str, shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    scores = 5 * torch.randn(shape, generator=generator)
    labels = torch.randint(shape[1], shape[:1], generator=generator)
    expected = heads.reference(scores, labels)
    if WAYS[way].mean:
        expected /= shape[0]
    gradient = WAYS[way].make()
    for _ in range(2):  # a second call finds nothing left of the first
        result = gradient(scores.clone(), labels)
        assert (result.double() - expected).norm() / expected.norm() < 1e-6
        assert not result.requires_grad


@pytest.mark.skipif(heads.missing("ce_compiled", "cpu") is not None, reason="needs a C++ compiler")
@pytest.mark.filterwarnings("ignore")  # of the compiler
def test_compiled_cross_entropy_gives_it_too() -> None:
    scores = torch.randn(7, 10)
    labels = torch.randint(10, (7,))
    result = WAYS["ce_compiled"].make()(scores.clone(), labels)
    torch.testing.assert_close(
        result.double(), heads.reference(scores, labels) / 7, atol=1e-7, rtol=1e-5
    )


def test_in_place_means_over_the_scores() -> None:
    scores = torch.randn(3, 10)
    assert WAYS["isbe_inplace"].make()(scores, torch.zeros(3, dtype=torch.long)) is scores


def test_peaks_of_the_ways() -> None:
    """In units of the scores: an autograd head keeps its softmax, an in-place one keeps nothing."""
    scores, labels = torch.randn(64, 5000), torch.zeros(64, dtype=torch.long)

    def peak(way: str) -> float:
        gradient = WAYS[way].make()
        return memory.peak_bytes(lambda: gradient(scores, labels), CPU) / scores.nbytes

    assert peak("isbe_direct") == pytest.approx(1, abs=0.02)
    assert peak("ce_mean") > 2
    assert peak("isbe_inplace") == pytest.approx(0, abs=0.02)
