"""The layers by hand: what they yield and send back, against PyTorch's in float64."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from isbe_bench.oracle import layers
from isbe_bench.oracle.layers import Array, Layer

Function = Callable[..., Tensor]
DRAWS = np.random.default_rng(0)


def draw(*shape: int) -> Array:
    return DRAWS.normal(size=shape)


MASKS = np.where(DRAWS.random((6, 5)) < 0.5, 0.0, 2.0)
MASKED = torch.from_numpy(MASKS)

CASES: dict[str, tuple[Layer, Function, Array]] = {
    "linear": (layers.Linear("", draw(3, 5), draw(3)), functional.linear, draw(6, 5)),
    "linear without bias": (layers.Linear("", draw(3, 5)), functional.linear, draw(6, 5)),
    "convolution": (
        layers.Convolution("", draw(4, 3, 3, 3), draw(4)),
        functional.conv2d,
        draw(6, 3, 7, 8),
    ),
    "convolution in steps": (
        layers.Convolution("", draw(4, 3, 3, 3), None, stride=2),
        lambda x, w: functional.conv2d(x, w, stride=2),
        draw(6, 3, 8, 9),
    ),
    "padded convolution": (
        layers.Convolution("", draw(2, 1, 5, 5), draw(2), stride=2, padding=2),
        lambda x, w, b: functional.conv2d(x, w, b, stride=2, padding=2),
        draw(3, 1, 9, 8),
    ),
    "ReLU": (layers.ReLU(), functional.relu, draw(6, 5)),
    "max-pooling": (
        layers.MaxPooling(2, 2),
        lambda x: functional.max_pool2d(x, 2),
        draw(3, 2, 6, 7),
    ),
    "max-pooling of windows that overlap": (
        layers.MaxPooling(3, 2),
        lambda x: functional.max_pool2d(x, 3, 2),
        draw(3, 2, 7, 7),
    ),
    "batch norm": (
        layers.BatchNorm("", draw(5), draw(5), eps=1e-3),
        lambda x, w, b: functional.batch_norm(x, None, None, w, b, training=True, eps=1e-3),
        draw(6, 5),
    ),
    "batch norm of maps": (
        layers.BatchNorm("", draw(3), draw(3), eps=1e-3),
        lambda x, w, b: functional.batch_norm(x, None, None, w, b, training=True, eps=1e-3),
        draw(4, 3, 5, 2),
    ),
    "dropout": (layers.Dropout(lambda: MASKS), lambda x: x * MASKED, draw(6, 5)),
    "flatten": (layers.Flatten(), nn.Flatten(), draw(3, 2, 4, 5)),
    "softmax": (layers.SoftMax(), lambda x: torch.softmax(x, 1), draw(6, 5)),
    "composed": (
        layers.Composed([layers.Linear("", draw(3, 5)), layers.SoftMax()]),
        lambda x, w: torch.softmax(functional.linear(x, w), 1),
        draw(6, 5),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_derivatives_are_those_of_autograd(name: str) -> None:
    layer, function, inputs = CASES[name]
    tensors = [torch.from_numpy(each).requires_grad_() for each in (inputs, *layer.weights.values())]
    expected = function(*tensors)
    outputs = layer.forward(inputs)
    np.testing.assert_allclose(outputs, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    error = draw(*outputs.shape)
    expected.backward(torch.from_numpy(error))
    back, gradients = layer.backward(error)
    assert gradients.keys() == layer.weights.keys()
    for found, tensor in zip((back, *gradients.values()), tensors, strict=True):
        assert tensor.grad is not None
        np.testing.assert_allclose(found, tensor.grad.numpy(), rtol=1e-11, atol=1e-12)


def test_softmax_takes_scores_that_would_overflow() -> None:
    assert layers.SoftMax().forward(np.array([[1000.0, 0.0]])).tolist() == [[1.0, 0.0]]


def test_of_equal_values_the_first_gets_the_error() -> None:
    pooling = layers.MaxPooling(2, 2)
    pooling.forward(np.ones((1, 1, 2, 2)))
    back, _ = pooling.backward(np.full((1, 1, 1, 1), 3.0))
    assert back.tolist() == [[[[3.0, 0.0], [0.0, 0.0]]]]


def test_masks_are_taken_in_the_order_of_the_images() -> None:
    dropout = layers.Dropout(lambda: MASKS)
    rows = [dropout.forward(np.ones((1, 5)))[0] for _ in range(12)]
    np.testing.assert_array_equal(rows, [*MASKS, *MASKS])
