"""Scaled batch norm before softmax (Zhu et al. 2020, Section 3)."""

from torch import Tensor, nn


class ScaledBatchNorm(nn.Module):
    """`m (z - E z) / sqrt(Var z)` of the scores z = W x, class by class over the batch (Formula 9).

    In evaluation mode the running mean and variance take the place of the batch's.

    Attributes
    ----------
    in_features
        D.
    weight
        W, (K, D).
    """

    def __init__(self, in_features: int, classes: int, scale: float, affine: bool) -> None:
        super().__init__()
        self.in_features = in_features
        self.scale = scale
        # A bias would have no effect: the mean is subtracted.
        self.linear = nn.Linear(in_features, classes, bias=False)
        self.norm = nn.BatchNorm1d(classes, affine=affine)

    @property
    def weight(self) -> Tensor:
        return self.linear.weight

    def forward(self, features: Tensor) -> Tensor:
        """(batch, D) -> (batch, K); in training mode the batch has two images or more."""
        scores: Tensor = self.norm(self.linear(features))
        return scores * self.scale
