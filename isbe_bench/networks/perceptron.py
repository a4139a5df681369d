"""Perceptrons, which the abstract of Skarbek 2024 speaks of and its body lacks."""

from math import prod

from torch import nn

from isbe_bench.data.images import Shape
from isbe_bench.settings.architecture import Perceptron


def body(arch: Perceptron, shape: Shape) -> nn.Sequential:
    """The pixels as a vector, and the hidden linear units."""
    inputs, layers = prod(shape), list[nn.Module]([nn.Flatten()])
    for outputs in arch.hidden:
        norm = [nn.BatchNorm1d(outputs)] if arch.batch_norm else []
        # A bias before batch norm has no effect: the mean is subtracted.
        layers += [nn.Linear(inputs, outputs, bias=not arch.batch_norm), *norm, nn.ReLU(inplace=True)]
        inputs = outputs
    return nn.Sequential(*layers)
