"""What a training sends back into its network, and what becomes of scores and weights."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from isbe_bench.errors import DivergedError, InputError
from isbe_bench.losses.mode import LossMode
from isbe_bench.networks import features
from isbe_bench.networks.features import FeatureTap
from isbe_bench.runs.rows import Diagnostic, Quantity

_EVERY = 10  # steps; each costs a pass over all gradients
_QUANTILES = 200


class Diagnostics:
    """Means of errors and gradients over every tenth step of an epoch.

    Parameters
    ----------
    network, mode
        What is trained.
    classes
        K.
    """

    def __init__(self, network: nn.Module, mode: LossMode, classes: int) -> None:
        self._network = network
        self._mode = mode
        self._sums: dict[tuple[Quantity, str], Tensor] = {}
        self._steps = 0
        self._features: Callable[[], tuple[Tensor, ...]]
        try:
            self._classifier = features.classifier(network, classes)
            self._features = FeatureTap(network, classes)
        except InputError:  # a user's own network whose classifier is unknown
            self._classifier, self._features = nn.Identity(), tuple

    def looks_at(self, step: int) -> bool:
        """Whether a step of an epoch is measured; the first, 0, is."""
        return step % _EVERY == 0

    def begin(self, step: int, scores: Tensor) -> None:
        """Prepare to measure a step, between its forward and its backward phase."""
        if not self.looks_at(step):
            return
        self._watched = {"scores": scores}
        for each in self._features():
            self._watched["features"] = each
        for tensor in self._watched.values():
            if tensor.requires_grad:  # not of a body without weights
                tensor.retain_grad()

    @torch.no_grad()
    def end(self, step: int) -> None:
        """Measure a step, after its backward phase."""
        if not self.looks_at(step):
            return
        self._steps += 1
        size = len(self._watched["scores"])
        of_image, of_batch = (size, 1.0) if self._mode.averages else (1.0, 1 / size)
        for place, tensor in self._watched.items():
            if tensor.grad is not None:
                norms = torch.linalg.vector_norm(tensor.grad.flatten(1), dim=1)
                self._add("error", place, norms.mean() * of_image)
                tensor.grad = None
        del self._watched
        for name, weight in self._network.named_parameters():
            if weight.ndim > 1 and weight.grad is not None:
                self._add("gradient", name, torch.linalg.vector_norm(weight.grad) * of_batch)

    def epoch(self, number: int) -> list[Diagnostic]:
        """The means of an epoch, which is thereby forgotten.

        Raises
        ------
        DivergedError
            One of them is not finite.
        """
        rows = [
            Diagnostic(number, quantity, place, _rounded(float(total) / self._steps))
            for (quantity, place), total in self._sums.items()
        ]
        self._sums, self._steps = {}, 0
        if not all(math.isfinite(row.value) for row in rows):
            raise DivergedError(f"a gradient stopped being finite in epoch {number}")
        return rows

    def at_the_end(self, number: int, scores: Tensor) -> Iterator[Diagnostic]:
        """Quantiles of the test scores (n, K), and the norms of the weights of each class."""
        shares = np.arange(_QUANTILES + 1) / _QUANTILES
        for share, score in zip(shares, np.quantile(scores.cpu().numpy(), shares), strict=True):
            yield Diagnostic(number, "score", f"{share:g}", _rounded(float(score)))
        weight = getattr(self._classifier, "weight", None)
        if isinstance(weight, Tensor):
            for label, norm in enumerate(torch.linalg.vector_norm(weight.detach(), dim=1).tolist()):
                yield Diagnostic(number, "weight", str(label), _rounded(norm))

    def _add(self, quantity: Quantity, place: str, value: Tensor) -> None:
        key = quantity, place
        self._sums[key] = self._sums[key] + value if key in self._sums else value


def _rounded(value: float) -> float:
    """Six digits are enough for a figure, and compress well."""
    return float(f"{value:.6g}")
