"""Unit vectors for K classes that are as far from each other as they can be."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.errors import InputError

_STEPS = 200  # as in the first code of PEDCC
_SMALLEST = 1e-6  # of a distance


def simplex(classes: int, features: int) -> Tensor:
    """The corners of a regular simplex, turned at random, (classes, features) float32.

    The cosine of any two is `-1 / (K - 1)`, which no K vectors can undercut.

    Raises
    ------
    InputError
        More than `features + 1` classes.
    """
    if classes > features + 1:
        raise InputError(
            f"classifier.centroids=simplex: {classes} classes need {classes - 1} features, and the "
            f"network yields {features}; allowed is repulsion, or a network with more features"
        )
    double = {"dtype": torch.float64, "device": "cpu"}
    # The unit vectors of K dimensions less their mean lie in the K - 1 dimensions orthogonal to it.
    centred = torch.eye(classes, **double) - 1 / classes  # type: ignore[call-overload]
    basis, _, _ = torch.linalg.svd(centred)
    corners = F.normalize(centred @ basis[:, : classes - 1])
    turned, _ = torch.linalg.qr(torch.randn(features, classes - 1, **double))  # type: ignore[call-overload]
    return _as_default(corners @ turned.T)


def repulsion(classes: int, features: int) -> Tensor:
    """Points that start at random and repel each other like charges, (classes, features) float32."""
    points = F.normalize(torch.randn(classes, features, dtype=torch.float64, device="cpu"))
    for step in range(_STEPS):
        # Force of Coulomb's law: the difference of two points over the third power of their distance.
        shares = torch.cdist(points, points).clamp(min=_SMALLEST).pow(-3).fill_diagonal_(0)
        force = points * shares.sum(dim=1, keepdim=True) - shares @ points
        along = force - (force * points).sum(dim=1, keepdim=True) * points
        longest = along.norm(dim=1).max().clamp(min=_SMALLEST)
        points = F.normalize(points + along / longest * (1 - step / _STEPS))
    return _as_default(points)


CENTROIDS: dict[str, Callable[[int, int], Tensor]] = {"simplex": simplex, "repulsion": repulsion}
"""By the value of `classifier.centroids`."""


def _as_default(centroids: Tensor) -> Tensor:
    return F.normalize(centroids).float().to(torch.get_default_device())
