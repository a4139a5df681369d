"""What a training step is sent for its labels: themselves, or rows of probabilities."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.data import seeding, teacher
from isbe_bench.data.images import Description
from isbe_bench.settings import targets as settings


class Targets:
    """Makes the images and targets of each batch.

    Parameters
    ----------
    targets
        What to make.
    description
        Of the data set.
    seed
        Draws depend on it and on the epoch alone.
    device
        Of the batches.
    """

    def __init__(
        self, targets: settings.Targets, description: Description, seed: int, device: torch.device
    ) -> None:
        self._settings = targets
        self._classes = description.classes
        self._seed = seed
        if isinstance(targets, settings.Teacher):
            scores = torch.from_numpy(teacher.read(targets, description)).to(device)
            self._taught = torch.softmax(scores / targets.temperature, dim=1)

    def begin(self, epoch: int) -> None:
        """Start the draws of an epoch."""
        self._rng = np.random.default_rng(seeding.derive(self._seed, "targets", epoch))

    def make(self, images: Tensor, labels: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """The images (n, C, H, W) to train with, and labels (n,) or targets (n, K).

        `chosen` (n,) are the indices of the images in the data set.
        """
        match self._settings:
            case settings.Smooth(amount=amount):
                return images, self._onehot(labels) * (1 - amount) + amount / self._classes
            case settings.Mixup(alpha=alpha):
                return self._mixed(images, labels, alpha)
            case settings.Teacher(weight=weight):
                return images, torch.lerp(self._onehot(labels), self._taught[chosen], weight)
        return images, labels

    def _mixed(self, images: Tensor, labels: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
        share = float(self._rng.beta(alpha, alpha))
        other = torch.from_numpy(self._rng.permutation(len(labels))).to(labels.device)
        targets = self._onehot(labels)
        return (
            images * share + images[other] * (1 - share),
            targets * share + targets[other] * (1 - share),
        )

    def _onehot(self, labels: Tensor) -> Tensor:
        return F.one_hot(labels, self._classes).to(torch.get_default_dtype())
