"""The ways of `task=head` that begin at features: gradients of the textbook, and memory as expected."""

import sys

import pytest
import torch
import torch.nn.functional as F

from isbe_bench.losses import heads, linear_heads
from isbe_bench.losses.linear_heads import WAYS
from isbe_bench.measuring import memory

CPU = torch.device("cpu")
HERE = [way for way in WAYS if linear_heads.missing(way, "cpu") is None]
COMPILED = [way for way in HERE if way.endswith("_compiled")]


def inputs(batch: int, classes: int, width: int) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(batch, width, generator=generator)
    weights = torch.randn(classes, width, generator=generator) / width**0.5
    return features, weights, torch.randint(classes, (batch,), generator=generator)


@pytest.mark.parametrize("shape", [(1, 2, 3), (7, 10, 4), (9, 2500, 16)])  # of which 2500 are blocks
@pytest.mark.parametrize("name", [name for name in HERE if name not in COMPILED])
@pytest.mark.filterwarnings("ignore")  # of PyTorch, that a chunk of so few images does not pay
def test_every_way_gives_the_gradients_of_autograd(name: str, shape: tuple[int, int, int]) -> None:
    features, weights, labels = inputs(*shape)
    way = WAYS[name]
    leaves = features.double().requires_grad_(), weights.double().requires_grad_()
    scores = leaves[0] @ leaves[1].T
    scores.backward(heads.soft_error(way.activation)(scores.detach(), labels))
    for result, leaf, reference in zip(
        way.make()(features, weights, labels),
        leaves,
        way.reference(features, weights, labels),
        strict=True,
    ):
        expected = leaf.grad
        assert expected is not None
        torch.testing.assert_close(reference, expected)
        scaled = result.double() * (len(labels) if way.mean else 1)
        torch.testing.assert_close(scaled, expected, atol=1e-5, rtol=1e-4)
        assert not result.requires_grad


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.filterwarnings("ignore")  # of the compiler
def test_compiled_ways_do_too(name: str) -> None:
    features, weights, labels = inputs(7, 50, 4)
    results = WAYS[name].make()(features, weights, labels)
    for result, expected in zip(results, WAYS[name].reference(features, weights, labels), strict=True):
        torch.testing.assert_close(result.double() * 7, expected, atol=1e-5, rtol=1e-4)


def test_cross_entropy_is_the_mean_of_softmax_with_cross_entropy() -> None:
    features, weights, labels = inputs(5, 6, 3)
    leaf = features.double().requires_grad_()
    F.cross_entropy(leaf @ weights.double().T, labels).backward()
    expected, _ = WAYS["linear_ce"].reference(features, weights, labels)
    assert leaf.grad is not None
    torch.testing.assert_close(5 * leaf.grad, expected)


def test_the_products_are_those_of_a_linear_layer() -> None:
    features, weights, labels = inputs(5, 3000, 4)
    for_features, for_weights = linear_heads.products(features, weights, labels)
    scores = features @ weights.T
    torch.testing.assert_close(for_features, scores @ weights, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(for_weights, scores.T @ features, atol=1e-3, rtol=1e-4)


def test_chunks_hold_a_part_of_the_scores() -> None:
    """In units of the scores, with both gradients, of which that of the weights is 1/8 of them."""
    features, weights, labels = inputs(64, 20_000, 8)

    def peak(name: str) -> float:
        gradient = WAYS[name].make()
        return memory.peak_bytes(lambda: gradient(features, weights, labels), CPU) / (64 * 20_000 * 4)

    assert peak("linear_ce") > 1.9
    assert peak("linear_isbe_softmax") == pytest.approx(1 + 1 / 8, abs=0.02)
    assert peak("linear_isbe_softmax_chunked") == pytest.approx(1 / 8 + 1 / 8, abs=0.02)
    assert peak("linear_isbe_tanh_chunked") == pytest.approx(1024 / 20_000 + 1 / 8, abs=0.02)


@pytest.mark.parametrize(("way", "package"), [("linear_ce_liger", "liger_kernel"), ("linear_ce_cut", "cut_cross_entropy")])  # fmt: skip
def test_what_a_way_needs_is_said(way: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert linear_heads.missing(way, "cpu") == "its kernels need CUDA"
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "is not installed (pip install isbe-bench[cuda])" in str(linear_heads.missing(way, "cuda"))
    monkeypatch.delattr("torch.nn.LinearCrossEntropyOptions", raising=False)
    assert linear_heads.missing("linear_ce_chunked", "cpu") == "needs PyTorch 2.13 or later"
