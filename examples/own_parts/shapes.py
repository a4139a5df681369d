"""Images of circles, squares and triangles, drawn when they are asked for: no files, no download."""

import math
import random

from PIL import Image, ImageDraw

CORNERS = (40, 4, 3)  # by label


class Shapes:
    """A data set as PyTorch knows it: a length, and pairs of an image and its label by index."""

    def __init__(self, count: int, seed: int, side: int = 32) -> None:
        self.count, self.seed, self.side = count, seed, side

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        if not 0 <= index < self.count:
            raise IndexError(index)
        rng = random.Random(f"{self.seed} {index}")
        label = rng.randrange(len(CORNERS))
        image = Image.new("RGB", (self.side, self.side), _colour(rng, 0, 120))
        radius = rng.uniform(0.2, 0.4) * self.side
        x, y = (rng.uniform(radius, self.side - radius) for _ in range(2))
        turn, corners = rng.uniform(0, math.tau), CORNERS[label]
        angles = (turn + math.tau * corner / corners for corner in range(corners))
        points = [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]
        ImageDraw.Draw(image).polygon(points, fill=_colour(rng, 100, 255))
        return image, label


def _colour(rng: random.Random, low: int, high: int) -> tuple[int, int, int]:
    return rng.randint(low, high), rng.randint(low, high), rng.randint(low, high)
