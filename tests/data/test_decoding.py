"""From image files to pixels: what is read, and what is refused in a line that names the file."""

import os
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Make
from PIL import Image

from isbe_bench.data import decoding, sources
from isbe_bench.errors import InputError

FOLDER = ("dataset=image_folder", "arch=n0", "train.batch_size=2")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two classes with two images each, in both splits."""
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            folder = tmp_path / "images" / split / name
            folder.mkdir(parents=True)
            for number in range(2):
                pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "images"


def as_grey(path: Path) -> list[int]:
    return sorted({int(value) for value in np.asarray(decoding.read(path, "L")).flat})


def huge(path: Path) -> None:
    Image.new("1", (9_500, 9_500)).save(path)


def bomb(path: Path) -> None:
    """More than Pillow accepts, in a file of a few bytes."""
    Image.new("1", (1, 1)).save(path, "PNG")
    content = bytearray(path.read_bytes())
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    path.write_bytes(content)


def truncated(path: Path) -> None:
    Image.effect_noise((50, 50), 50).save(path, "PNG")
    path.write_bytes(path.read_bytes()[:1000])


def of_32_bits(path: Path) -> None:
    Image.fromarray(np.full((4, 4), 5, dtype=np.int32)).save(path, "TIFF")


def postscript(path: Path) -> None:
    """Pillow would hand it to Ghostscript."""
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", encoding="ascii")


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (huge, "more than 89,478,485 pixels; allowed is fewer"),
        (bomb, "more than 89,478,485 pixels; allowed is fewer"),
        (truncated, "truncated"),
        (of_32_bits, "pixels of 32 bits have no known range; allowed are 8 or 16 bits"),
        (postscript, "none of BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP"),
        (os.mkfifo, "not a file"),
    ],
)
def test_a_file_that_is_no_image_within_limits_is_named(
    make_config: Make, root: Path, write: Callable[[Path], None], reason: str
) -> None:
    write(root / "train" / "cat" / "x.png")
    with pytest.raises(InputError) as caught:
        make_config(*FOLDER, f"dataset.root={root}")
    assert f"{root}/train/cat/x.png cannot be read as an image (" in str(caught.value)
    assert reason in str(caught.value)


def test_kinds_of_pixels(tmp_path: Path) -> None:
    path = tmp_path / "x"
    Image.new("I;16", (4, 4), 128 * 257).save(path, "TIFF")
    assert as_grey(path) == [128]
    Image.new("I;16", (4, 4), 128 * 257).save(path, "PPM")
    assert as_grey(path) == [128]
    Image.new("CMYK", (4, 4), (0, 0, 0, 255)).save(path, "TIFF")
    assert as_grey(path) == [0]
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 90, 90, 90])
    palette.save(path, "PNG", transparency=bytes([255, 0]))  # the pixels cannot be seen
    assert as_grey(path) == [90]
    Image.new("L", (4, 4), 7).save(path, "GIF", save_all=True, append_images=[Image.new("L", (4, 4), 9)])
    assert as_grey(path) == [7]
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("L", (4, 8)).save(path, "JPEG", exif=exif)
    assert decoding.read(path, "L").size == (4, 8)


@pytest.mark.parametrize("target", [".", "..", "../..", "../../../.."])
def test_a_link_to_a_folder_above_is_named(make_config: Make, root: Path, target: str) -> None:
    link = root / "train" / "cat" / "up"
    link.symlink_to(target)
    with pytest.raises(InputError, match=f"{link} is a link to /.*, in which it lies itself; allowed"):
        make_config(*FOLDER, f"dataset.root={root}")


def test_links_that_lead_to_each_other_are_named(make_config: Make, root: Path) -> None:
    (root / "train" / "cat" / "a").symlink_to("../dog")
    (root / "train" / "dog" / "b").symlink_to("../cat")
    with pytest.raises(InputError, match="in which it lies itself"):
        make_config(*FOLDER, f"dataset.root={root}")


def test_a_link_to_a_folder_elsewhere_is_followed(make_config: Make, root: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    Image.new("RGB", (9, 9)).save(more / "x.png")
    (root / "train" / "cat" / "more").symlink_to(more)
    train, _ = sources.read(make_config(*FOLDER, f"dataset.root={root}").dataset)
    assert len(train.labels) == 5


def test_names_that_are_not_text(make_config: Make, root: Path) -> None:
    cat = os.fsencode(root / "train" / "cat")
    os.rename(cat + b"/0.png", cat + b"/\xff\n.png")  # noqa: PTH104
    train, _ = sources.read(make_config(*FOLDER, f"dataset.root={root}").dataset)
    assert len(train.labels) == 4
    with open(cat + b"/\xff\x1b[31m.png", "wb"):  # noqa: PTH123
        pass
    with pytest.raises(InputError) as caught:
        make_config(*FOLDER, f"dataset.root={root}")
    assert r"train/cat/\udcff\x1b[31m.png cannot be read" in str(caught.value)
    assert str(caught.value).isprintable()
