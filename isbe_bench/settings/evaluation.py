"""`train.evaluate`: after which epochs a training is evaluated, on which images, and how."""

from typing import Literal, get_args

from isbe_bench.settings.fields import AtLeastOne, Settings, Several

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


class Evaluation(Settings):
    """Evaluations during a training; after its last epoch, the test images are always evaluated.

    Attributes
    ----------
    every
        Epochs from one evaluation to the next; the last epoch is among those that are evaluated.
    splits
        The images.
    views
        `image`: as it is. `mirror`: the mean of its scores and those of its mirror image.
        `mirror_shift`: half of that, and half the mean of those of both moved by one pixel, up and to
        the left and down and to the right (Jordan 2024, Section 3.5).
    """

    every: AtLeastOne = 1
    splits: Several[Split] = SPLITS
    views: Literal["image", "mirror", "mirror_shift"] = "image"

    @property
    def is_full(self) -> bool:
        """Whether every split is evaluated after every epoch."""
        return self.every == 1 and set(self.splits) == set(SPLITS)

    def due(self, epoch: int, epochs: int) -> tuple[Split, ...]:
        """The splits to evaluate after an epoch, of so many in all."""
        if epoch == epochs:
            return tuple(split for split in SPLITS if split in self.splits or split == "test")
        return self.splits if epoch % self.every == 0 else ()
