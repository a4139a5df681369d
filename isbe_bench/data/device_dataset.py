"""A data set on the device: split, augmented, normalised, and cut into batches.

Images stay bytes. Those of a few batches at a time become floating-point numbers, so that the memory of
a training does not grow with its data set.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from isbe_bench.data import prefetching, seeding, sources
from isbe_bench.data.augmentation import Views, alternating_flips
from isbe_bench.settings.dataset import Dataset

_CHUNK = {"cpu": 1_000, "cuda": 10_000}
"""How many images are transformed at once; on a CPU their sampling grids should fit into its cache."""
_COUNTED = 1_000
"""Of how many images the pixels are counted at once."""
_USUAL_VALUES = 3 * 32 * 32
"""Of an image of CIFAR-10."""


def at_once(images: int, shape: Sequence[int]) -> int:
    """How many images of a shape to take at once: so many, or fewer if they are larger than usual."""
    return max(1, min(images, images * _USUAL_VALUES // math.prod(shape)))


def validation_count(images: int, fraction: float) -> int:
    """How many of `images` training images become validation images: at least one, unless none."""
    return max(1, round(images * fraction)) if fraction else 0


def split(labels: Tensor, dataset: Dataset, seed: int) -> tuple[Tensor, Tensor]:
    """The indices of validation and of training images, among those with these labels (n,)."""
    count = validation_count(len(labels), dataset.validation_fraction)
    order = torch.randperm(len(labels), generator=seeding.generator(seed, "split"))
    held_out, kept = order[:count], order[count:]
    return held_out, kept if dataset.imbalance == 1 else _long_tailed(labels, kept, dataset.imbalance)


def _long_tailed(labels: Tensor, kept: Tensor, imbalance: float) -> Tensor:
    """Those of the indices `kept` that stay, in their order: of class 0 all, of later ones fewer."""
    sizes = torch.bincount(labels[kept])
    classes = len(sizes)
    shares = imbalance ** (-torch.arange(classes, dtype=torch.float64) / max(1, classes - 1))
    allowed = (sizes.max() * shares).round().long().clamp(min=1)
    stays = torch.zeros(len(kept), dtype=torch.bool)
    for label, most in enumerate(allowed.tolist()):
        stays[(labels[kept] == label).nonzero().flatten()[:most]] = True
    return kept[stays]


@dataclasses.dataclass(frozen=True)
class Batches:
    """Images as a network takes them, with labels: normalised float32 in channels-last memory.

    Attributes
    ----------
    source
        Images (m, C, H, W), uint8, of which some are taken.
    chosen
        (n,), their indices in `source`.
    labels
        (n,).
    mean, std
        (C,), of pixels in [0, 1].
    views
        The n random transformations of an epoch; None: the images as they are.
    """

    source: Tensor
    chosen: Tensor
    labels: Tensor
    mean: Tensor
    std: Tensor
    views: Views | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def split(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of `size`, in order, the same bits each time; the last may be smaller."""
        most = at_once(_CHUNK[self.source.device.type], self.source.shape[1:])
        chunk = max(1, most // size) * size
        starts = range(0, len(self), chunk)
        parts = [slice(start, min(start + chunk, len(self))) for start in starts]
        images = prefetching.made(self._made, parts, self.source.device)
        for some, part in zip(images, parts, strict=True):
            yield from zip(some.split(size), self.labels[part].split(size), strict=True)

    @property
    def images(self) -> Tensor:
        """All of them at once, (n, C, H, W)."""
        return torch.cat([images for images, _ in self.split(len(self))])

    def _made(self, part: slice) -> Tensor:
        """The images of a part, seen through their views, normalised."""
        scale = (1 / (255 * self.std)).view(1, -1, 1, 1)
        offset = (self.mean / self.std).view(1, -1, 1, 1)
        pixels = self.source[self.chosen[part]].to(torch.get_default_dtype())
        if self.views is not None:
            # Before normalisation, so that what lies outside an image is black.
            pixels = self.views.see(pixels, part)
        out = torch.empty(pixels.shape, device=pixels.device, memory_format=torch.channels_last)
        return torch.sub(pixels.mul_(scale), offset, out=out)


class DeviceDataset:
    """Training, validation and test images on one device.

    Attributes
    ----------
    validation, test
        `Batches`; there may be no validation images.
    train_images
        The number of images in an epoch.
    mean, std
        (C,), of the pixels of the training split, in [0, 1]; all images are normalised by them.
    """

    def __init__(self, dataset: Dataset, seed: int, device: torch.device) -> None:
        train, test = sources.read(dataset)
        held_out, kept = split(train.labels, dataset, seed)

        self._augmentation = dataset.augmentation
        self._seed = seed
        self._kept = kept.to(device)
        self._images, self._labels = train.images.to(device), train.labels.to(device)
        self.train_images = len(kept)
        self.mean, self.std = _moments(self._images, self._kept)
        self.validation = self._batches(self._images, self._labels, held_out.to(device))
        every = torch.arange(len(test.labels), device=device)
        self.test = self._batches(test.images.to(device), test.labels.to(device), every)

    def epoch(self, epoch: int) -> Batches:
        """The training images of one epoch: permuted, augmented, normalised.

        They depend on the seed and the epoch's number alone.
        """
        order = torch.randperm(
            self.train_images, generator=seeding.generator(self._seed, "order", epoch)
        )
        chosen = self._kept[order.to(self._kept.device)]
        views = self._views(epoch, order) if self._augmentation.enabled else None
        return self._batches(self._images, self._labels, chosen, views)

    def first(self, count: int) -> Tensor:
        """So many training images as they are, or all if there are fewer: (n, C, H, W), normalised."""
        return self._batches(self._images, self._labels, self._kept[:count]).images

    def every(self) -> Batches:
        """All training images, those held out or left out too, as they are, in the data set's order."""
        every = torch.arange(len(self._labels), device=self._labels.device)
        return self._batches(self._images, self._labels, every)

    def _views(self, epoch: int, order: Tensor) -> Views:
        """The views of an epoch, of the training images in this order."""
        flipped = None
        if self._augmentation.flip == "alternating":
            stream = seeding.generator(self._seed, "augmentation")  # of no epoch, as epochs begin at 1
            flipped = alternating_flips(self.train_images, epoch, stream)[order]
        generator = seeding.generator(self._seed, "augmentation", epoch)
        height, width = self._images.shape[2:]
        views = Views.draw(self._augmentation, self.train_images, height, width, generator, flipped)
        return views.to(self._images.device)

    def _batches(
        self, images: Tensor, labels: Tensor, chosen: Tensor, views: Views | None = None
    ) -> Batches:
        return Batches(images, chosen, labels[chosen], self.mean, self.std, views)


def _moments(images: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per channel of some uint8 images, as values in [0, 1]."""
    # A histogram a channel is exact, and needs no float copy of the whole data set.
    counts = torch.zeros(images.shape[1], 256, dtype=torch.int64)
    for part in chosen.split(_COUNTED):
        pixels = images[part].cpu()
        for channel, row in enumerate(counts):
            row += torch.bincount(pixels[:, channel].flatten(), minlength=256)
    levels = torch.arange(256, dtype=torch.float64) / 255
    means, deviations = [], []
    for row in counts.double():
        share = row / row.sum()
        mean = (share * levels).sum()
        means.append(mean)
        deviations.append((share * (levels - mean).square()).sum().sqrt())
    mean, std = torch.stack(means).float(), torch.stack(deviations).float()
    # An empty channel has no deviation; it becomes zeros.
    return mean.to(images.device), std.clamp(min=1e-6).to(images.device)
