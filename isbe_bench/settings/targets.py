"""`targets`: what a training is sent for its labels.

Rows of probabilities (batch, K), for cross-entropy and ISBE. Losses and accuracies of an epoch are
measured against the labels all the same.
"""

from typing import Annotated, Literal

from annotated_types import Gt, Le
from pydantic import Discriminator

from isbe_bench.settings.dataset import Fingerprinted
from isbe_bench.settings.fields import BelowOne, PathText, Positive, Settings


class Labels(Settings):
    """The labels themselves."""

    name: Literal["labels"]


class Smooth(Settings):
    """`(1 - amount) onehot + amount / K` (Szegedy et al. 2016)."""

    name: Literal["smooth"]
    amount: BelowOne


class Mixup(Settings):
    """Images and labels mixed with those of another image of the batch (Zhang et al. 2018).

    The share of the first is drawn for each batch from Beta(`alpha`, `alpha`).
    """

    name: Literal["mixup"]
    alpha: Positive


class Teacher(Settings):
    """Distillation: `(1 - weight) onehot + weight softmax(teacher's scores / temperature)`.

    `scores` is the path of a `training_scores.npy`, which a run with `train.record_scores` leaves.
    """

    name: Literal["teacher"]
    scores: PathText
    temperature: Positive
    weight: Annotated[float, Gt(0), Le(1)]


class ReadyTeacher(Teacher, Fingerprinted):
    """A teacher whose scores were read."""


Targets = Labels | Smooth | Mixup | Teacher
AnyTargets = Annotated[Targets, Discriminator("name")]
ReadyTargets = Labels | Smooth | Mixup | ReadyTeacher
"""Targets as a run uses them."""
