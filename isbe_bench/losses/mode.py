"""What every loss mode is to the training loop and to the clocks."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class LossMode(ABC):
    """One way to train, from raw scores `X`, (batch, K), and integer labels, (batch,).

    `forward` forms the value that back-propagation starts from, which belongs to the forward phase;
    `backward` starts it. For cross-entropy that value is the loss; for ISBE it is the soft error
    `E = activation(X) - targets` itself (Skarbek 2024, Section 3).

    Attributes
    ----------
    wants_features
        Whether both methods take the features, (batch, D), that the classifier made the scores of.
    averages
        Whether the gradient of each image is divided by the batch size.
    module
        Holds weights to optimise and other state of the mode; None if it has none.
    """

    wants_features: bool = False
    averages: bool = False
    module: nn.Module | None = None

    @abstractmethod
    def forward(self, scores: Tensor, labels: Tensor, *features: Tensor) -> None:
        """Form the value that back-propagation starts from.

        `scores` is (batch, K), floating, part of a graph; `labels` is (batch,), int64 in [0, K). Of
        cross-entropy and ISBE, they may be rows of probabilities, (batch, K).
        """

    @abstractmethod
    def backward(self) -> None:
        """Send the gradient of the last `forward` into the network, and forget it."""

    @abstractmethod
    def per_image(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        """The value of this mode's learning curve for each image: (batch,), no gradient."""

    def confidences(self, scores: Tensor) -> Tensor:
        """How sure the network is of each class, in [0, 1], (batch, K): the probabilities of softmax."""
        return torch.softmax(scores, dim=1)


class LossValue(LossMode):
    """The backward phase of modes that form a loss; their `forward` keeps it in `_loss`.

    Without reduction the batch of losses is sent back with a gradient of ones, as in Appendix B.2.
    """

    _loss: Tensor | None = None

    def backward(self) -> None:
        assert self._loss is not None, "backward() without forward()"
        loss, self._loss = self._loss, None
        loss.backward(torch.ones_like(loss))


class MeanLoss(LossValue):
    """Modes whose loss is the mean over images of `values`."""

    averages = True

    @abstractmethod
    def values(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        """The loss of each image, (batch,), part of the graph."""

    def forward(self, scores: Tensor, labels: Tensor, *features: Tensor) -> None:
        self._loss = self.values(scores, labels, *features).mean()

    @torch.no_grad()
    def per_image(self, scores: Tensor, labels: Tensor, *features: Tensor) -> Tensor:
        return self.values(scores, labels, *features)
