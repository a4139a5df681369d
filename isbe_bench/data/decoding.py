"""From an image file to pixels of 8 bits, within limits.

Of an animation, the first image counts; transparency is dropped, the colour beneath it stays; CMYK
becomes RGB without a colour profile; a rotation that is only noted in EXIF is not applied.
"""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's names of the formats that are read. Some of its others run programs (EPS: Ghostscript)."""

MAX_PIXELS = 89_478_485
"""Of one image: Pillow's own limit, above which it warns. A small file may hold far more."""


def read(path: Path, mode: str) -> Image.Image:
    """The image in a file, decoded, in Pillow's mode `L` or `RGB`.

    Raises
    ------
    ValueError
        It cannot be read, has more than `MAX_PIXELS`, or pixels whose range is unknown; in a few words.
    """
    if not path.is_file():  # a link to nowhere, a pipe
        raise ValueError("not a file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of the limit checked below and of transparency
        try:
            with Image.open(path, formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Image.DecompressionBombError
                return eight_bit(image).convert(mode)
        except Image.DecompressionBombError as error:
            raise ValueError(f"more than {MAX_PIXELS:,} pixels; allowed is fewer") from error
        except UnidentifiedImageError as error:
            raise ValueError(f"none of {', '.join(FORMATS)}") from error
        except Exception as error:  # Pillow's decoders raise errors of many kinds
            raise ValueError(" ".join(str(error).split()) or type(error).__name__) from error


def eight_bit(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey to 8 bits, which Pillow would clip.

    Raises
    ------
    ValueError
        Pixels of 32 bits or in floating point, whose range is unknown.
    """
    if image.mode == "F":
        raise ValueError("floating-point pixels have no known range")
    if not image.mode.startswith("I"):
        return image
    pixels = np.asarray(image)
    # Mode I has 32 bits, in which Pillow also puts the 16 of PGM and, in older versions, of PNG.
    if image.mode == "I" and (image.format == "TIFF" or pixels.min() < 0 or pixels.max() > 65_535):
        raise ValueError("pixels of 32 bits have no known range; allowed are 8 or 16 bits")
    return Image.fromarray((pixels / 257).clip(0, 255).astype(np.uint8))
