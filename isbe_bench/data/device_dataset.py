"""A data set on the device: split, augmented, normalised, and cut into batches."""

import dataclasses
from collections.abc import Iterator

import torch
from torch import Tensor

from isbe_bench.data import augmentation, seeding, sources
from isbe_bench.data.images import Images
from isbe_bench.settings.dataset import Dataset

_CHUNK = {"cpu": 1_000, "cuda": 10_000}
"""How many images are transformed at once; on a CPU their sampling grids should fit into its cache."""


def validation_count(images: int, fraction: float) -> int:
    """How many of `images` training images become validation images: at least one."""
    return max(1, round(images * fraction))


@dataclasses.dataclass(frozen=True)
class Batches:
    """Images as a network takes them, with labels: normalised float32 in channels-last memory."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def split(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of `size`, in order; the last may be smaller. They are views, not copies."""
        return zip(self.images.split(size), self.labels.split(size), strict=True)


class DeviceDataset:
    """Training, validation and test images on one device.

    Attributes
    ----------
    validation, test
        `Batches`, ready for evaluation.
    train_images
        The number of images in an epoch.
    mean, std
        (C,), of the pixels of the training split, in [0, 1]; all images are normalised by them.
    """

    def __init__(self, dataset: Dataset, seed: int, device: torch.device) -> None:
        train, test = sources.read(dataset)
        count = validation_count(len(train.labels), dataset.validation_fraction)
        order = torch.randperm(len(train.labels), generator=seeding.generator(seed, "split"))
        held_out, kept = order[:count], order[count:]

        self._augmentation = dataset.augmentation
        self._seed = seed
        self._train = Images(train.images[kept].to(device), train.labels[kept].to(device))
        self.train_images = len(kept)
        self.mean, self.std = _moments(self._train.images)
        self.validation = self._batches(train.images[held_out], train.labels[held_out], device)
        self.test = self._batches(test.images, test.labels, device)
        self._epoch_images: Tensor | None = None

    def epoch(self, epoch: int) -> Batches:
        """The training images of one epoch: permuted, augmented, normalised.

        They depend on the seed and the epoch's number alone. The images of the previous call are
        overwritten.
        """
        order = torch.randperm(
            self.train_images, generator=seeding.generator(self._seed, "order", epoch)
        ).to(self._train.labels.device)
        maps = None
        if self._augmentation.enabled:
            height, width = self._train.images.shape[2:]
            generator = seeding.generator(self._seed, "augmentation", epoch)
            maps = augmentation.draw(self._augmentation, self.train_images, height, width, generator).to(
                self._train.images.device
            )
        if self._epoch_images is None:
            self._epoch_images = _empty_like(self._train.images)
        self._fill(self._epoch_images, self._train.images, order, maps)
        return Batches(self._epoch_images, self._train.labels[order])

    def _batches(self, images: Tensor, labels: Tensor, device: torch.device) -> Batches:
        images = images.to(device)
        out = _empty_like(images)
        self._fill(out, images, torch.arange(len(images), device=device), None)
        return Batches(out, labels.to(device))

    def _fill(self, out: Tensor, images: Tensor, order: Tensor, maps: Tensor | None) -> None:
        """Write `images[order]`, seen through `maps`, normalised, into `out`, chunk by chunk."""
        scale = (1 / (255 * self.std)).view(1, -1, 1, 1)
        offset = (self.mean / self.std).view(1, -1, 1, 1)
        chunk = _CHUNK[images.device.type]
        for start in range(0, len(order), chunk):
            part = slice(start, start + chunk)
            pixels = images[order[part]].to(out.dtype)
            if maps is not None:
                # Before normalisation, so that what lies outside an image is black.
                pixels = augmentation.apply(pixels, maps[part], self._augmentation.padding)
            torch.sub(pixels.mul_(scale), offset, out=out[part])


def _empty_like(images: Tensor) -> Tensor:
    return torch.empty(images.shape, device=images.device, memory_format=torch.channels_last)


def _moments(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per channel of uint8 images, as values in [0, 1]."""
    # A histogram a channel is exact, and needs no float copy of the whole data set.
    levels = torch.arange(256, dtype=torch.float64) / 255
    means, deviations = [], []
    for channel in range(images.shape[1]):
        counts = torch.bincount(images[:, channel].flatten().cpu(), minlength=256).double()
        share = counts / counts.sum()
        mean = (share * levels).sum()
        means.append(mean)
        deviations.append((share * (levels - mean).square()).sum().sqrt())
    mean, std = torch.stack(means).float(), torch.stack(deviations).float()
    # An empty channel has no deviation; it becomes zeros.
    return mean.to(images.device), std.clamp(min=1e-6).to(images.device)
