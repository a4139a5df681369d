"""The network of airbench94 (Jordan 2024, arXiv:2404.00498), made for ten epochs of CIFAR-10."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from isbe_bench.data.images import Shape
from isbe_bench.networks.network import PreparedBody
from isbe_bench.settings.architecture import Airbench

_PATCH = 2  # pixels a side
_LEAST_VARIANCE = 5e-4  # of a whitened direction, so that noise is not blown up
_NORM_MOMENTUM = 0.4  # of the newest batch in the running statistics


def body(arch: Airbench, shape: Shape) -> nn.Sequential:
    """A whitening convolution, and groups of two convolutions each; features by max-pooling."""
    whitening = Whitening(shape[0], arch.whitening_bias_epochs)
    layers: list[nn.Module] = [whitening, nn.GELU()]
    inputs = whitening.outputs
    for width in arch.widths:
        layers += [_convolution(inputs, width), nn.MaxPool2d(2), _norm(width), nn.GELU()]
        layers += [_convolution(width, width), _norm(width), nn.GELU()]
        inputs = width
    return nn.Sequential(*layers, _Largest(), _Scaled(arch.score_scale))


class Whitening(PreparedBody):
    """A convolution with 2x2 masks that decorrelates the pixels of a patch; only its bias learns.

    The masks are the principal directions of the patches of training images, each divided by its
    standard deviation, and the same again with the opposite sign.

    Parameters
    ----------
    channels
        Of the images.
    bias_epochs
        The epochs after which its bias stays as it is.
    """

    def __init__(self, channels: int, bias_epochs: int) -> None:
        super().__init__()
        self.outputs = 2 * channels * _PATCH**2
        self._convolution = nn.Conv2d(channels, self.outputs, _PATCH)
        self._convolution.weight.requires_grad_(False)
        self._bias_epochs = bias_epochs
        assert self._convolution.bias is not None
        nn.init.zeros_(self._convolution.bias)

    def forward(self, images: Tensor) -> Tensor:
        maps: Tensor = self._convolution(images)
        return maps

    @torch.no_grad()
    def prepare(self, images: Tensor) -> None:
        patches = F.unfold(images.double(), _PATCH)  # (n, channels * 4, positions)
        moments = torch.einsum("npx,nqx->pq", patches, patches) / (len(patches) * patches.shape[2])
        variances, directions = torch.linalg.eigh(moments)
        masks = directions.T / torch.sqrt(variances + _LEAST_VARIANCE)[:, None]
        # An eigenvector has no sign of its own; with one, every LAPACK gives the same order of maps.
        masks = masks * masks.gather(1, masks.abs().argmax(dim=1, keepdim=True)).sign()
        masks = masks.flip(0).reshape(-1, *self._convolution.weight.shape[1:])
        self._convolution.weight.copy_(torch.cat([masks, -masks]))

    def begin_epoch(self, number: int) -> None:
        assert self._convolution.bias is not None
        self._convolution.bias.requires_grad_(number <= self._bias_epochs)


class _Largest(nn.Module):
    """(batch, C, H, W) -> (batch, C): the largest value of each map.

    Unlike `AdaptiveMaxPool2d` it has a deterministic backward on CUDA.
    """

    def forward(self, maps: Tensor) -> Tensor:
        return maps.flatten(2).max(dim=2).values


class _Scaled(nn.Module):
    """Features times a factor; as the classifier has no bias, its scores are scaled by it."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = factor

    def forward(self, features: Tensor) -> Tensor:
        return features * self._factor


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """3x3 masks, of which the first as many as there are inputs begin by passing these on."""
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.dirac_(convolution.weight.data[:inputs])
    return convolution


def _norm(maps: int) -> nn.BatchNorm2d:
    """Batch norm that learns a bias alone."""
    norm = nn.BatchNorm2d(maps, eps=1e-12, momentum=_NORM_MOMENTUM)
    norm.weight.requires_grad_(False)
    return norm
