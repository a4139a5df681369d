"""Random affine transformations of many images at once, on the device that holds them."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.settings.dataset import Augmentation


def draw(
    augmentation: Augmentation, count: int, height: int, width: int, generator: torch.Generator
) -> Tensor:
    """Draw one random affine map for each of `count` images, on the CPU.

    Rotation, zoom, shear and shift are uniform in their symmetric ranges; a flip has probability 1/2.

    Returns
    -------
    Tensor
        (count, 2, 3) float32 for `torch.nn.functional.affine_grid`: from output to input coordinates,
        in which each axis of the image spans [-1, 1].
    """

    def uniform(limit: float) -> Tensor:
        return (torch.rand(count, generator=generator) * 2 - 1) * limit

    angle = uniform(math.radians(augmentation.degrees))
    zoom = 1 + uniform(augmentation.scale)
    shear = torch.tan(uniform(math.radians(augmentation.shear)))
    shift_x, shift_y = uniform(2 * augmentation.translate), uniform(2 * augmentation.translate)
    coin = torch.rand(count, generator=generator)
    mirror = torch.where(coin < 0.5, -1.0, 1.0) if augmentation.flip else torch.ones(count)

    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    # In pixels this is rotation @ shear; coordinates in [-1, 1] scale the axes of an oblong image apart.
    first = torch.stack([mirror * cosine, (cosine * shear - sine) * (height / width), shift_x], 1)
    second = torch.stack([mirror * sine * (width / height), sine * shear + cosine, shift_y], 1)
    return torch.stack([first, second], dim=1)


def apply(images: Tensor, maps: Tensor, padding: str) -> Tensor:
    """Transform images (n, C, H, W) by maps (n, 2, 3), with bilinear interpolation.

    `padding` fills the outside of an image: `zeros`, `border` or `reflection`.
    """
    grid = F.affine_grid(maps, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode=padding, align_corners=False)
