"""What every loss mode is to the training loop and to the clocks."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


@runtime_checkable
class LossMode(Protocol):
    """One way to train, from raw scores `X`, (batch, K), and integer labels, (batch,).

    `forward` forms the value that back-propagation starts from, which belongs to the forward phase;
    `backward` starts it. For cross-entropy that value is the loss; for ISBE it is the soft error
    `E = activation(X) - targets` itself (Skarbek 2024, Section 3).
    """

    def forward(self, scores: Tensor, labels: Tensor) -> None:
        """Form the value that back-propagation starts from.

        `scores` is (batch, K), floating, part of a graph; `labels` is (batch,), int64 in [0, K).
        """

    def backward(self) -> None:
        """Send the gradient of the last `forward` into the network, and forget it."""

    def per_image(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The value of this mode's learning curve for each image: (batch,), no gradient."""


class LossValue:
    """The backward phase of modes that form a loss; their `forward` keeps it in `_loss`.

    Without reduction the batch of losses is sent back with a gradient of ones, as in Appendix B.2.
    """

    _loss: Tensor | None = None

    def backward(self) -> None:
        assert self._loss is not None, "backward() without forward()"
        loss, self._loss = self._loss, None
        loss.backward(torch.ones_like(loss))
