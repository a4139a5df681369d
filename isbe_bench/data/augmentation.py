"""Random transformations of many images at once, on the device that holds them."""

import dataclasses
import math

import torch
import torch.nn.functional as F
from torch import Tensor

from isbe_bench.settings.dataset import Augmentation

_PADDING = {"zeros": "constant", "border": "replicate", "reflection": "reflect"}
"""PyTorch's names of the ways to fill the outside, for whole pixels."""


@dataclasses.dataclass(frozen=True)
class Views:
    """One random view of each of n images.

    Attributes
    ----------
    maps
        (n, 2, 3) float32, as `draw` gives them; None: no affine transformation.
    shifts
        (n, 2) int64, of rows and columns by whole pixels in [0, 2 * crop]; None: no crop.
    mirrored
        (n,), bool: whether a cropped image is flipped; None: no crop, or none is.
    crop, padding
        As in the settings.
    """

    maps: Tensor | None
    shifts: Tensor | None
    mirrored: Tensor | None
    crop: int
    padding: str

    @classmethod
    def draw(
        cls,
        augmentation: Augmentation,
        count: int,
        height: int,
        width: int,
        generator: torch.Generator,
        flipped: Tensor | None = None,
    ) -> "Views":
        """Draw one random view for each of `count` images, on the CPU.

        `flipped` (count,), bool, says which images are flipped, if that is not drawn as well.
        """
        maps: Tensor | None = draw(augmentation, count, height, width, generator, flipped)
        shifts, mirrored = None, None
        if augmentation.crop:
            shifts = torch.randint(2 * augmentation.crop + 1, (count, 2), generator=generator)
            if not augmentation.is_affine:  # whole pixels are only moved, without interpolation
                assert maps is not None
                mirrored, maps = maps[:, 0, 0] < 0, None
        return cls(maps, shifts, mirrored, augmentation.crop, augmentation.padding)

    def to(self, device: torch.device) -> "Views":
        """The views on a device."""
        maps, shifts, mirrored = (
            None if tensor is None else tensor.to(device)
            for tensor in (self.maps, self.shifts, self.mirrored)
        )
        return Views(maps, shifts, mirrored, self.crop, self.padding)

    def see(self, pixels: Tensor, part: slice) -> Tensor:
        """The images (n, C, H, W), float, of a part of the views, transformed."""
        if self.shifts is not None:
            mirrored = None if self.mirrored is None else self.mirrored[part]
            pixels = cropped(pixels, self.shifts[part], mirrored, self.crop, self.padding)
        return pixels if self.maps is None else apply(pixels, self.maps[part], self.padding)


def alternating_flips(count: int, epoch: int, generator: torch.Generator) -> Tensor:
    """Which of `count` images are flipped in an epoch: half of them in the first, then the others.

    The same images are drawn for all epochs, so `generator` has to be at the start of one stream.
    """
    first = torch.rand(count, generator=generator) < 0.5
    return first if epoch % 2 else ~first


def draw(
    augmentation: Augmentation,
    count: int,
    height: int,
    width: int,
    generator: torch.Generator,
    flipped: Tensor | None = None,
) -> Tensor:
    """Draw one random affine map for each of `count` images, on the CPU.

    Rotation, zoom, shear and shift are uniform in their symmetric ranges; a flip has probability 1/2,
    unless `flipped` (count,), bool, says which images are flipped.

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
    coin = torch.rand(count, generator=generator) < 0.5
    if flipped is None:
        flipped = coin if augmentation.flip else torch.zeros(count, dtype=torch.bool)
    mirror = torch.where(flipped, -1.0, 1.0)

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


def cropped(images: Tensor, shifts: Tensor, mirrored: Tensor | None, crop: int, padding: str) -> Tensor:
    """Windows of the size of the images (n, C, H, W), of images padded by `crop` pixels on each side.

    A window begins at the row and column of `shifts` (n, 2); where `mirrored` (n,), its columns are in
    the opposite order.
    """
    height, width = images.shape[2:]
    padded = F.pad(images, (crop,) * 4, mode=_PADDING[padding])
    rows = shifts[:, :1] + torch.arange(height, device=images.device)
    columns = torch.arange(width, device=images.device).expand(len(images), -1)
    if mirrored is not None:
        columns = torch.where(mirrored[:, None], width - 1 - columns, columns)
    columns = shifts[:, 1:] + columns
    numbers = torch.arange(len(images), device=images.device)
    channels = torch.arange(images.shape[1], device=images.device)
    return padded[
        numbers[:, None, None, None],
        channels[:, None, None],
        rows[:, None, :, None],
        columns[:, None, None, :],
    ]
