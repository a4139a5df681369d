"""A network in its two parts."""

from torch import Tensor, nn


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
