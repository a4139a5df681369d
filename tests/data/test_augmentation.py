"""Augmentation: each transformation does what its name says, within its range."""

import math
from itertools import product

import pytest
import torch

from isbe_bench.data import augmentation
from isbe_bench.settings.dataset import Augmentation

STILL = Augmentation(
    enabled=True, degrees=0.0, translate=0.0, scale=0.0, shear=0.0, flip=False, padding="zeros"
)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_no_transformation_leaves_images_as_they_are() -> None:
    images = torch.rand(5, 3, 9, 12)
    maps = augmentation.draw(STILL, 5, 9, 12, generator())
    torch.testing.assert_close(augmentation.apply(images, maps, "zeros"), images, rtol=0, atol=1e-5)


def test_a_flip_mirrors_about_half_of_the_images() -> None:
    images = torch.rand(200, 1, 4, 6)
    maps = augmentation.draw(STILL.model_copy(update={"flip": True}), 200, 4, 6, generator())
    out = augmentation.apply(images, maps, "zeros")
    mirrored = (out - images.flip(3)).abs().amax(dim=(1, 2, 3)) < 1e-5
    kept = (out - images).abs().amax(dim=(1, 2, 3)) < 1e-5
    assert bool((mirrored ^ kept).all())
    assert 70 < int(mirrored.sum()) < 130


@pytest.mark.parametrize(("height", "width"), [(28, 28), (10, 40)])
def test_rotation_and_zoom_keep_angles_of_oblong_images(height: int, width: int) -> None:
    """In pixels, rotation with zoom is a multiple of an orthogonal matrix with the zoom in range."""
    settings = STILL.model_copy(update={"degrees": 30.0, "scale": 0.2})
    maps = augmentation.draw(settings, 500, height, width, generator()).double()
    to_pixels = torch.diag(torch.tensor([width, height], dtype=torch.float64))
    pixels = to_pixels @ maps[:, :, :2] @ to_pixels.inverse()
    gram = pixels.transpose(1, 2) @ pixels
    zoom = 1 / gram[:, 0, 0].sqrt()
    torch.testing.assert_close(
        gram, gram[:, :1, :1] * torch.eye(2, dtype=torch.float64), rtol=0, atol=1e-5
    )
    assert 0.8 <= zoom.min() < 0.85
    assert 1.15 < zoom.max() <= 1.2
    angle = torch.atan2(pixels[:, 1, 0], pixels[:, 0, 0]).abs().max()
    assert math.radians(28) < angle <= math.radians(30) + 1e-6


def test_shear_slants_rows_and_keeps_areas() -> None:
    maps = augmentation.draw(STILL.model_copy(update={"shear": 30.0}), 500, 8, 8, generator())
    assert torch.equal(maps[:, 1, :2], torch.tensor([[0.0, 1.0]]).expand(500, 2))
    assert torch.equal(maps[:, 0, 0], torch.ones(500))
    assert math.tan(math.radians(28)) < maps[:, 0, 1].abs().max() <= math.tan(math.radians(30)) + 1e-6


def test_translation_moves_by_at_most_its_share() -> None:
    maps = augmentation.draw(STILL.model_copy(update={"translate": 0.25}), 500, 8, 8, generator())
    shift = maps[:, :, 2].abs().max()  # coordinates span 2
    assert 0.45 < shift <= 0.5


CROP = STILL.model_copy(update={"crop": 2})


@pytest.mark.parametrize(
    ("padding", "mode"), [("zeros", "constant"), ("border", "replicate"), ("reflection", "reflect")]
)
def test_a_crop_is_a_window_of_the_padded_image(padding: str, mode: str) -> None:
    images = torch.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    shifts = torch.tensor([[0, 4], [2, 2]])
    windows = augmentation.cropped(images, shifts, None, 2, padding)
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2), mode=mode)
    assert torch.equal(windows[0], padded[0, :, 0:4, 4:9])
    assert torch.equal(windows[1], images[1])


def test_every_window_is_drawn_and_half_of_them_are_mirrored() -> None:
    views = augmentation.Views.draw(CROP.model_copy(update={"flip": True}), 2_000, 6, 6, generator())
    assert views.maps is None
    assert views.shifts is not None
    assert views.mirrored is not None
    assert {tuple(pair) for pair in views.shifts.tolist()} == set(product(range(5), repeat=2))
    assert 0.45 < views.mirrored.float().mean() < 0.55
    images = torch.rand(2_000, 1, 6, 6)
    seen = views.see(images, slice(0, 2_000))
    still = augmentation.cropped(images, views.shifts, None, 2, "zeros")
    assert torch.equal(seen[views.mirrored], still[views.mirrored].flip(3))
    assert torch.equal(seen[~views.mirrored], still[~views.mirrored])


def test_a_crop_comes_before_an_affine_map() -> None:
    turned = CROP.model_copy(update={"degrees": 30.0})
    views = augmentation.Views.draw(turned, 4, 6, 6, generator())
    assert views.mirrored is None
    assert views.maps is not None
    assert views.shifts is not None
    images = torch.rand(4, 1, 6, 6)
    moved = augmentation.cropped(images, views.shifts, None, 2, "zeros")
    expected = augmentation.apply(moved, views.maps, "zeros")
    assert torch.equal(views.see(images, slice(0, 4)), expected)


def test_without_a_crop_the_draws_are_those_of_version_0_1() -> None:
    both = [augmentation.draw(each, 9, 6, 6, generator()) for each in (STILL, CROP)]
    assert torch.equal(both[0], both[1])


def test_alternating_flips_turn_half_of_the_images_and_then_the_others() -> None:
    first, second, third = (
        augmentation.alternating_flips(1_000, epoch, generator()) for epoch in (1, 2, 3)
    )
    assert torch.equal(first, ~second)
    assert torch.equal(first, third)
    assert 450 < int(first.sum()) < 550
    images = torch.rand(4, 1, 4, 6)
    flipped = torch.tensor([True, False, False, True])
    for settings in (CROP.model_copy(update={"crop": 0}), CROP):
        alternating = settings.model_copy(update={"flip": "alternating"})
        views = augmentation.Views.draw(alternating, 4, 4, 6, generator(), flipped)
        plain = augmentation.Views.draw(settings, 4, 4, 6, generator())
        seen = views.see(images, slice(0, 4))
        other = torch.where(flipped[:, None, None, None], images.flip(3), images)
        if not settings.crop:
            torch.testing.assert_close(seen, other, rtol=0, atol=1e-5)
        else:  # the window is cut out of the padded image, then flipped
            windows = plain.see(images, slice(0, 4))
            assert torch.equal(seen, torch.where(flipped[:, None, None, None], windows.flip(3), windows))
