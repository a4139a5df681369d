"""The reference beside autograd: the same network, loss mode and batches, in float64."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from isbe_bench.losses.mode import LossMode
from isbe_bench.oracle import backpropagation
from isbe_bench.oracle.heads import Head
from isbe_bench.oracle.layers import Gradients
from isbe_bench.oracle.translation import array, couples_images, translated, with_masks
from isbe_bench.settings.words import plural
from isbe_bench.theory import checks

DIVERGED = 1e6
"""Entries of gradients above this mean that a training diverges; others stay below 100."""

_SMALLEST = 1e-300  # a gradient of zeros has no size to compare with


@dataclass(frozen=True)
class Finding(checks.Finding):
    """What one check found, after `steps` steps."""

    check: Literal["gradient", "epoch", "as_printed"]
    steps: int


class Comparison:
    """A network, and the reference with copies of its weights.

    Parameters
    ----------
    network
        In training mode; it is changed to float64, and its dropout to one whose masks can be read.
    mode
        The loss mode that trains it.
    head
        The same by hand.
    classes
        K.
    blur
        Of the targets: epsilon of Skarbek 2024, Appendix B.

    Raises
    ------
    InputError
        A network with a layer that the reference does not have.
    """

    def __init__(
        self, network: nn.Module, mode: LossMode, head: Head, classes: int, blur: float
    ) -> None:
        self._network = with_masks(network).double().train()
        self._mode = mode
        self._head = head
        self._classes, self._blur = classes, blur
        self._layers = translated(self._network, head.last() if head.last else None)
        coupled = couples_images(network)
        self._algorithm = backpropagation.by_batch if coupled else backpropagation.by_sample

    def gradient(self, images: Tensor, labels: Tensor) -> Finding:
        """Every weight's gradient of one batch: images (B, C, H, W), labels (B,)."""
        expected = self._autograd(images, labels)
        found = self._by_hand(images, labels, self._algorithm)
        quantity = "largest relative deviation of a gradient from autograd"
        return _equal("gradient", quantity, found, expected, 0)

    def as_printed(self, images: Tensor, labels: Tensor) -> Finding:
        """How many weights Algorithm 1 leaves without a gradient, as its loop is printed."""
        self._autograd(images, labels)  # draws the masks
        found = self._by_hand(images, labels, backpropagation.as_printed)
        missing = [name for layer in self._layers for name in layer.weights if name not in found]
        reached = len(found)
        note = f"of {reached + len(missing)}: {', '.join(missing) or 'none'}; the loop ends at k = 2"
        quantity = "weights without a gradient"
        return Finding(quantity, len(missing), "<", 1, note, "as_printed", 0)

    def epoch(self, batches: Iterable[tuple[Tensor, Tensor]], rate: float) -> Finding:
        """What all weights have become by gradient descent, on each side by its own gradients.

        A training that diverges is compared until a gradient is above `DIVERGED`: rounding errors grow
        with it.
        """
        first = self._weights()
        steps = 0
        for images, labels in batches:
            expected = self._autograd(images, labels)
            if max(np.abs(gradient).max() for gradient in expected.values()) > DIVERGED:
                break
            steps += 1
            found = self._by_hand(images, labels, self._algorithm)
            with torch.no_grad():
                for name, weight in self._network.named_parameters():
                    weight.sub_(torch.from_numpy(expected[name]).to(weight), alpha=rate)
            for layer in self._layers:
                for name, values in layer.weights.items():
                    np.subtract(values, rate * found[name], out=values)
        by_hand = {
            name: values - first[name]
            for layer in self._layers
            for name, values in layer.weights.items()
        }
        weights = {name: values - first[name] for name, values in self._weights().items()}
        quantity = "largest relative deviation of what a weight has changed"
        return _equal("epoch", quantity, by_hand, weights, steps)

    def _weights(self) -> Gradients:
        return {name: array(weight) for name, weight in self._network.named_parameters()}

    def _autograd(self, images: Tensor, labels: Tensor) -> Gradients:
        self._network.zero_grad()
        self._mode.forward(self._network(images.double()), labels)
        self._mode.backward()
        gradients: Gradients = {}
        for name, weight in self._network.named_parameters():
            assert weight.grad is not None, f"{name} gets no gradient"
            gradients[name] = array(weight.grad)
        return gradients

    def _by_hand(
        self, images: Tensor, labels: Tensor, algorithm: backpropagation.Algorithm
    ) -> Gradients:
        targets = self._head.targets(labels.cpu().numpy(), self._classes, self._blur)
        found = algorithm(self._layers, array(images), targets, self._head.start)
        factor = 1 if self._head.averages else len(labels)
        return {name: factor * value for name, value in found.items()}


def _equal(
    check: Literal["gradient", "epoch"],
    quantity: str,
    found: Gradients,
    expected: Gradients,
    steps: int,
) -> Finding:
    """The claim that all arrays are equal, each relative to its largest entry."""
    assert found.keys() == expected.keys(), "not the same weights"
    deviations = {
        name: float(np.abs(found[name] - value).max() / max(np.abs(value).max(), _SMALLEST))
        for name, value in expected.items()
    }
    worst = max(deviations, key=lambda name: deviations[name])
    after = f"after {plural(steps, 'step')}" if steps else "in the first batch"
    note = f"of {len(deviations)} weights, at {worst}, {after}"
    return Finding(quantity, deviations[worst], "<", checks.TOLERANCE, note, check, steps)
