"""The scores of many images under a network's current weights."""

import functools
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from isbe_bench.data.device_dataset import Batches, at_once
from isbe_bench.measuring.precision import Forward
from isbe_bench.settings.evaluation import Evaluation

_BATCH = 1_000
_SHIFT = 1  # pixels


class Evaluator:
    """Evaluates a network.

    Parameters
    ----------
    settings
        Which views of an image its scores are the mean of.
    network, forward
        The network, and its forward phase.
    features
        Those of the last forward pass, for a mode that takes them; else nothing.
    """

    def __init__(
        self,
        settings: Evaluation,
        network: nn.Module,
        forward: Forward,
        features: Callable[[], tuple[Tensor, ...]],
    ) -> None:
        self._views = settings.views
        self._network = network
        self._forward = forward
        self._features = features

    @torch.inference_mode()
    def outputs(self, data: Batches) -> list[Tensor]:
        """Raw scores of all images in evaluation mode, (n, K), and the features that the mode takes.

        Both are means over the views of an image.
        """
        self._network.eval()
        batches = []
        for images, _ in data.split(at_once(_BATCH, data.source.shape[1:])):
            outputs = [self._weighted(view, share) for view, share in self._of(images)]
            batches.append([functools.reduce(Tensor.add, each) for each in zip(*outputs, strict=True)])
        return [torch.cat(each) for each in zip(*batches, strict=True)]

    def _weighted(self, images: Tensor, share: float) -> list[Tensor]:
        scores = self._forward(images)
        outputs = (scores, *self._features())
        return [each if share == 1 else each * share for each in outputs]

    def _of(self, images: Tensor) -> Iterator[tuple[Tensor, float]]:
        """The views of images (n, C, H, W), each with its share of the mean."""
        if self._views == "image":
            yield images, 1.0
        elif self._views == "mirror":
            yield from _mirrored(images, 1.0)
        else:
            yield from _mirrored(images, 0.5)
            height, width = images.shape[2:]
            padded = F.pad(images, (_SHIFT,) * 4, mode="reflect")
            for start in (0, 2 * _SHIFT):
                rows, columns = slice(start, start + height), slice(start, start + width)
                yield from _mirrored(padded[:, :, rows, columns], 0.25)


def _mirrored(images: Tensor, share: float) -> Iterator[tuple[Tensor, float]]:
    yield images, share / 2
    yield images.flip(3), share / 2
