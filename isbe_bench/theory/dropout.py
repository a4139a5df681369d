"""Dropout as Tomasi 2019 (Section 5) has it, over all nets that it samples: there are 2^units of them.

Tensors are float64. `_UNITS` units feed a linear layer of K outputs; a net keeps each unit or drops it.
"""

import itertools
import math

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.theory.checks import TOLERANCE, Finding
from isbe_bench.theory.mathematics import Draws, deviation, softmax

_UNITS = 10
_INPUTS = 10
_KEEP = 0.8
"""The probability that a unit is kept, the text's p; typically 1/2, which 1 - p would be as well."""


def scaling_is_the_mean_of_linear_outputs(draws: Draws) -> Finding:
    units, weights, nets = _setting(draws)
    mean = _mean((nets.unsqueeze(1) * units) @ weights.T, nets)
    scaled = units @ (_KEEP * weights).T
    quantity = "largest deviation of the mean output of all nets from the scaled net's"
    return Finding(
        quantity,
        deviation(mean, scaled),
        "<",
        TOLERANCE,
        f"{len(nets)} nets; p = {_KEEP} to keep a unit",
    )


def pytorch_is_the_text_with_larger_weights(draws: Draws) -> Finding:
    """PyTorch divides by p while it trains, so nothing has to be scaled afterwards."""
    units, weights, _ = _setting(draws)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        mask = F.dropout(torch.ones_like(units), 1 - _KEEP) > 0
        torch.manual_seed(0)
        dropped = F.dropout(units, 1 - _KEEP) @ weights.T
    text = (mask * units) @ (weights / _KEEP).T
    quantity = "largest deviation of PyTorch's output from the text's with weights divided by p"
    return Finding(quantity, deviation(dropped, text), "<", TOLERANCE, "with the same units dropped")


def scaling_averages_probabilities(draws: Draws) -> Finding:
    units, weights, nets = _setting(draws)
    each = softmax((nets.unsqueeze(1) * units) @ weights.T)
    scaled = softmax(units @ (_KEEP * weights).T)
    off = float((_mean(each, nets) - scaled).abs().max())
    powers = _mean(each.log(), nets).exp()
    geometric = deviation(powers / powers.sum(1, keepdim=True), scaled)
    note = f"of the normalised geometric mean {geometric:.1e}; {len(nets)} nets; p = {_KEEP}"
    quantity = "largest difference of a mean probability of all nets from the scaled net's"
    return Finding(quantity, off, "<", TOLERANCE, note)


def scaling_averages_deep_nets(draws: Draws) -> Finding:
    """Units dropped before a layer of ReLUs, whose outputs are not linear in them."""
    units, weights, nets = _setting(draws)
    hidden = torch.relu((nets.unsqueeze(1) * units) @ weights.T)
    scaled = torch.relu(units @ (_KEEP * weights).T)
    mean = _mean(hidden, nets)
    off = float((mean - scaled).abs().max())
    typical = float(mean.abs().mean())
    note = f"the mean output is {typical:.2g} on average; {len(nets)} nets; p = {_KEEP}"
    quantity = "largest difference of a mean output of all nets from the scaled net's"
    return Finding(quantity, off, "<", TOLERANCE, note)


def _mean(outputs: Tensor, nets: Tensor) -> Tensor:
    """The mean of the outputs (nets, inputs, K) of all nets, each as likely as its units are kept."""
    likely = (nets * _KEEP + (1 - nets) * (1 - _KEEP)).prod(1)
    return (likely[:, None, None] * outputs).sum(0)


def _setting(draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
    """Units (inputs, units), weights (K, units), and all nets as masks (2^units, units)."""
    units = draws.relocations.flatten()[: _INPUTS * _UNITS].reshape(_INPUTS, _UNITS)
    weights = draws.scores[:_UNITS].T / math.sqrt(_UNITS)
    nets = torch.tensor(list(itertools.product((0.0, 1.0), repeat=_UNITS)), dtype=units.dtype)
    return units, weights, nets.to(units.device)
