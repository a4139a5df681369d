"""The images of an epoch: split, order, normalisation, and the seed that decides them."""

import torch
from conftest import Make
from torch import Tensor

from isbe_bench.data.device_dataset import DeviceDataset

CPU = torch.device("cpu")


def test_outside_of_an_image_is_black_before_normalisation(make_config: Make) -> None:
    dataset = make_config("dataset.augmentation.translate=0.9").dataset
    data = DeviceDataset(dataset, seed=0, device=CPU)
    black = -data.mean / data.std
    smallest = data.epoch(1).images.min()
    torch.testing.assert_close(smallest, black[0], rtol=0, atol=1e-5)


def rows(images: Tensor) -> set[bytes]:
    return {image.contiguous().numpy().round(4).tobytes() for image in images}


def test_digits_split(make_config: Make) -> None:
    dataset = make_config("dataset.augmentation.enabled=false").dataset
    data = DeviceDataset(dataset, seed=0, device=CPU)
    epoch = data.epoch(1)
    assert (data.train_images, len(data.validation), len(data.test)) == (1293, 144, 360)
    assert not rows(epoch.images) & rows(data.validation.images)
    torch.testing.assert_close(epoch.images.mean(), torch.tensor(0.0), rtol=0, atol=1e-4)
    torch.testing.assert_close(epoch.images.std(), torch.tensor(1.0), rtol=0, atol=1e-3)


def test_an_epoch_is_a_permutation_of_images_with_their_labels(make_config: Make) -> None:
    dataset = make_config("dataset.augmentation.enabled=false").dataset
    data = DeviceDataset(dataset, seed=0, device=CPU)
    first = data.epoch(1)
    pairs = {
        (image.numpy().tobytes(), int(label))
        for image, label in zip(first.images, first.labels, strict=True)
    }
    order = first.labels.clone()
    second = data.epoch(2)
    again = {
        (image.numpy().tobytes(), int(label))
        for image, label in zip(second.images, second.labels, strict=True)
    }
    assert pairs == again
    assert not torch.equal(order, second.labels)


def test_the_seed_decides_split_order_and_augmentation(make_config: Make) -> None:
    dataset = make_config().dataset

    def epoch(seed: int, number: int) -> Tensor:
        data = DeviceDataset(dataset, seed, CPU)
        data.epoch(5)  # what came before does not matter
        return data.epoch(number).images

    assert torch.equal(epoch(3, 1), epoch(3, 1))
    assert not torch.equal(epoch(3, 1), epoch(3, 2))
    assert not torch.equal(epoch(3, 1), epoch(4, 1))


def test_batches_cover_an_epoch_once(make_config: Make) -> None:
    data = DeviceDataset(make_config().dataset, seed=0, device=CPU)
    sizes = [len(labels) for _, labels in data.epoch(1).split(128)]
    assert sizes == [128] * 10 + [13]
    images, _ = next(iter(data.epoch(1).split(128)))
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_an_epoch_is_made_again_with_the_same_bits_in_batches_of_any_size(make_config: Make) -> None:
    data = DeviceDataset(make_config("dataset.augmentation.crop=3").dataset, seed=0, device=CPU)
    epoch = data.epoch(1)
    once = epoch.images
    for size in (1, 7, 128, 5_000):
        again = torch.cat([images for images, _ in epoch.split(size)])
        assert torch.equal(once, again)


def test_without_validation_images_all_are_trained(make_config: Make) -> None:
    data = DeviceDataset(make_config("dataset.validation_fraction=0").dataset, seed=0, device=CPU)
    assert (data.train_images, len(data.validation)) == (1437, 0)
    assert list(data.validation.split(10)) == []


def test_a_long_tailed_training_set_keeps_its_other_images(make_config: Make) -> None:
    whole, tailed = (
        DeviceDataset(make_config(f"dataset.imbalance={factor}").dataset, seed=0, device=CPU)
        for factor in (1, 10)
    )
    sizes = torch.bincount(tailed.epoch(1).labels)
    largest = int(torch.bincount(whole.epoch(1).labels).max())
    expected = [round(largest * 10 ** (-label / 9)) for label in range(10)]
    assert sizes[1:].tolist() == expected[1:]
    assert sizes[0] <= expected[0]  # all there are
    assert tailed.train_images == int(sizes.sum())
    assert torch.equal(whole.test.labels, tailed.test.labels)
    assert torch.equal(whole.validation.labels, tailed.validation.labels)
    kept = set(tailed._kept.tolist())
    assert kept < set(whole._kept.tolist())
    other = DeviceDataset(make_config("dataset.imbalance=10").dataset, seed=1, device=CPU)
    assert set(other._kept.tolist()) != kept
