"""Algorithm 1 of Tomasi 2019: the gradient of the training risk, layer by layer, from K down to 1."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from isbe_bench.oracle.layers import Array, Gradients, Layer

Start = Callable[[Array, Array], Array]
"""Equation (4): from x(K) and targets, (N, K) both, to `g = dl/dx(K)`."""

Algorithm = Callable[[Sequence[Layer], Array, Array, Start], Gradients]


def by_sample(layers: Sequence[Layer], images: Array, targets: Array, start: Start) -> Gradients:
    """Algorithm 1, with the first layer: the mean over images of their gradients, one image at a time.

    `images` is (N, ...), `targets` is (N, K). No layer may couple images.
    """
    return _averaged(layers, images, targets, start, last=0)


def as_printed(layers: Sequence[Layer], images: Array, targets: Array, start: Start) -> Gradients:
    """Algorithm 1 to the letter: its loop ends at k = 2, so that the first layer has no gradient."""
    return _averaged(layers, images, targets, start, last=1)


def by_batch(layers: Sequence[Layer], images: Array, targets: Array, start: Start) -> Gradients:
    """The gradient of the mean of the images' losses, for layers that couple the images of a batch."""
    gradients = _gradients(layers, images, targets, start, last=0)
    return {name: value / len(images) for name, value in gradients.items()}


def _averaged(
    layers: Sequence[Layer], images: Array, targets: Array, start: Start, last: int
) -> Gradients:
    mean: Gradients = {}
    for count, (image, target) in enumerate(zip(*map(_one_by_one, (images, targets)), strict=True), 1):
        for name, value in _gradients(layers, image, target, start, last).items():
            mean[name] = ((count - 1) * mean.get(name, np.zeros_like(value)) + value) / count
    return mean


def _one_by_one(rows: Array) -> Iterator[Array]:
    return (rows[number : number + 1] for number in range(len(rows)))


def _gradients(
    layers: Sequence[Layer], images: Array, targets: Array, start: Start, last: int
) -> Gradients:
    """Equations (2) to (4), summed over the images, for the layers from the last to number `last`."""
    outputs = images
    for layer in layers:
        outputs = layer.forward(outputs)
    error = start(outputs, targets)
    gradients: Gradients = {}
    for layer in reversed(layers[last:]):
        error, found = layer.backward(error)
        gradients |= found
    return gradients
