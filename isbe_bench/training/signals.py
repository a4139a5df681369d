"""Signals of a training: what `train.signals` asks to record of every epoch."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from isbe_bench.losses.mode import LossMode
from isbe_bench.runs.rows import CONFIDENCE_BINS, Signal, SignalName, SignalQuantity

Row = tuple[SignalQuantity, str, float]
"""Quantity, place and value of a signal."""

_SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


class Signals:
    """Measures a network after each epoch.

    Parameters
    ----------
    asked
        The signals to record; none cost nothing.
    network, mode
        What is trained.
    labels
        Of the test images, (n,).
    """

    def __init__(
        self, asked: Sequence[SignalName], network: nn.Module, mode: LossMode, labels: Tensor
    ) -> None:
        self._asked = asked
        self._network = network
        self._mode = mode
        self._labels = labels

    @torch.no_grad()
    def epoch(self, number: int, scores: Callable[[], Tensor]) -> list[Signal]:
        """The rows of an epoch; `scores` gives those of the test images, (n, K)."""
        rows: list[Row] = []
        if "weights" in self._asked:
            rows += self._weights()
        if "scores" in self._asked:
            quantiles = np.quantile(scores().cpu().numpy(), _SHARES)
            pairs = zip(_SHARES, quantiles, strict=True)
            rows.extend(("score", f"{share:g}", float(value)) for share, value in pairs)
        if "calibration" in self._asked:
            confidence, predicted = self._mode.confidences(scores()).max(dim=1)
            rows += calibration(
                confidence.double().cpu().numpy(), (predicted == self._labels).cpu().numpy()
            )
        return [Signal(number, *row) for row in rows]

    def _weights(self) -> Iterator[Row]:
        for name, weight in self._network.named_parameters():
            yield "weight", name, float(torch.linalg.vector_norm(weight))


def calibration(
    confidence: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    right: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
) -> list[Row]:
    """Expected calibration error, and of each bin of confidence the share of images and of right ones.

    The error is the mean over images of the distance between the mean confidence of their bin and the
    share of its images that are predicted correctly (Guo et al. 2017, Formula 3).

    Parameters
    ----------
    confidence
        In the predicted class, in [0, 1], (n,).
    right
        Whether it is the label, (n,).
    """
    edges = np.linspace(0, 1, CONFIDENCE_BINS + 1)
    bins = np.clip(np.ceil(confidence * CONFIDENCE_BINS).astype(int) - 1, 0, CONFIDENCE_BINS - 1)
    counts, hits, sums = (
        np.bincount(bins, weights=weights, minlength=CONFIDENCE_BINS)
        for weights in (None, right, confidence)
    )
    rows: list[Row] = [("calibration_error", "", float(np.abs(hits - sums).sum() / len(confidence)))]
    for upper, count, hit in zip(edges[1:], counts, hits, strict=True):
        rows.append(("confidence", f"{upper:.4g}", float(count / len(confidence))))
        if count:
            rows.append(("right", f"{upper:.4g}", float(hit / count)))
    return rows
