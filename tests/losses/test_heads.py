"""The ways of `task=head`: every one computes the same gradient, and its memory is as expected."""

import pytest
import torch
import torch.nn.functional as F

from isbe_bench.losses import fast_heads, heads
from isbe_bench.losses.activations import ACTIVATIONS
from isbe_bench.losses.heads import WAYS
from isbe_bench.measuring import memory

CPU = torch.device("cpu")
EVERYWHERE = [way for way in WAYS if not way.endswith(("_compiled", "_liger"))]
COMPILED = [way for way in WAYS if way.endswith("_compiled")]


@pytest.mark.parametrize("way", EVERYWHERE)
@pytest.mark.parametrize("shape", [(1, 2), (7, 10), (3, 1000)])
def test_every_way_gives_the_gradient_of_the_textbook(way: str, shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    scores = 5 * torch.randn(shape, generator=generator)
    labels = torch.randint(shape[1], shape[:1], generator=generator)
    expected = WAYS[way].reference(scores, labels)
    if WAYS[way].mean:
        expected /= shape[0]
    gradient = WAYS[way].make()
    for _ in range(2):  # a second call finds nothing left of the first
        result = gradient(scores.clone(), labels)
        assert (result.double() - expected).norm() / expected.norm() < 1e-6
        assert not result.requires_grad


@pytest.mark.parametrize("name", [*EVERYWHERE, "ce_compiled"])
def test_references_are_those_of_the_paper(name: str) -> None:
    way = WAYS[name]
    scores, labels = torch.randn(3, 4, dtype=torch.float64), torch.tensor([0, 3, 3])
    onehot = F.one_hot(labels, 4)
    targets = 2 * onehot - 1 if "tanh" in name else onehot
    expected = ACTIVATIONS[way.activation](scores) - targets
    torch.testing.assert_close(way.reference(scores, labels), expected, rtol=0, atol=1e-15)
    assert way.activation in name or way.activation == "softmax"


@pytest.mark.slow
@pytest.mark.skipif(heads.missing("ce_compiled", "cpu") is not None, reason="needs a C++ compiler")
@pytest.mark.filterwarnings("ignore")  # of the compiler
@pytest.mark.parametrize("way", COMPILED)
def test_compiled_ways_give_it_too(way: str) -> None:
    gradient = WAYS[way].make()
    for classes in (10, 20, 30, 40):  # all ways together are compiled more often than PyTorch allows one
        scores = torch.randn(7, classes)
        labels = torch.randint(classes, (7,))
        result = gradient(scores.clone(), labels).double()
        expected = WAYS[way].reference(scores, labels) / (7 if WAYS[way].mean else 1)
        torch.testing.assert_close(result, expected, atol=1e-6, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["isbe_tanh_blocks", "isbe_tanh_inplace", "isbe_hardtanh_blocks"])
def test_blocks_cover_all_rows(way: str) -> None:
    scores = 3 * torch.randn(37, 100_000)  # of which five rows fit into a block
    labels = torch.randint(100_000, (37,))
    expected = WAYS[way].reference(scores, labels)
    result = WAYS[way].make()(scores.clone(), labels)
    torch.testing.assert_close(result.double(), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("form", ["direct", "inplace"])
@pytest.mark.parametrize("activation", fast_heads.ELSEWHERE)
def test_activations_far_from_zero_are_at_their_limits(activation: str, form: str) -> None:
    scores = torch.tensor([[-1e30, 1e30, -90.0, 90.0]])
    result = WAYS[f"isbe_{activation}_{form}"].make()(scores.clone(), torch.tensor([1]))
    expected = WAYS[f"isbe_{activation}_{form}"].reference(scores, torch.tensor([1]))
    torch.testing.assert_close(result.double(), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("way", [name for name in WAYS if name.endswith("inplace")])
def test_in_place_means_over_the_scores(way: str) -> None:
    scores = torch.randn(3, 10)
    assert WAYS[way].make()(scores, torch.zeros(3, dtype=torch.long)) is scores


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_peaks_of_the_ways(dtype: torch.dtype) -> None:
    """In units of the scores: an autograd head keeps its softmax, an in-place one keeps nothing."""
    scores, labels = torch.randn(64, 5000).to(dtype), torch.zeros(64, dtype=torch.long)

    def peak(way: str) -> float:
        gradient = WAYS[way].make()
        return memory.peak_bytes(lambda: gradient(scores, labels), CPU) / scores.nbytes

    assert peak("isbe_direct") == pytest.approx(1, abs=0.02)
    assert peak("ce_mean") > 2
    assert peak("isbe_inplace") == pytest.approx(0, abs=0.02)
    assert peak("isbe_tanh_inplace") == pytest.approx(0, abs=0.02)
    assert peak("isbe_tanh_blocks") == pytest.approx(1, abs=0.02)
