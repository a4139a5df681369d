"""A network in its two parts."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class PreparedBody(ABC, nn.Module):
    """A layer whose weights begin at values that the training images give, or change by epoch."""

    @abstractmethod
    def prepare(self, images: Tensor) -> None:
        """Set the initial weights by training images (n, C, H, W), normalised and not augmented."""

    @abstractmethod
    def begin_epoch(self, number: int) -> None:
        """Prepare for an epoch; the first has the number 1."""


class Network(nn.Module):
    """Scores (batch, K) of images (batch, C, H, W).

    Attributes
    ----------
    body
        From images to features, (batch, D).
    classifier
        From features to scores.
    in_features
        D.
    """

    def __init__(self, body: nn.Module, classifier: nn.Module, in_features: int) -> None:
        super().__init__()
        self.body = body
        self.classifier = classifier
        self.in_features = in_features

    def forward(self, images: Tensor) -> Tensor:
        """Scores of a batch of images."""
        scores: Tensor = self.classifier(self.body(images))
        return scores
