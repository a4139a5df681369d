"""A teacher's scores of the training images: `training_scores.npy`."""

import hashlib
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isbe_bench.data.images import Description
from isbe_bench.errors import InputError
from isbe_bench.settings.targets import ReadyTeacher, Teacher


def check(teacher: Teacher, description: Description) -> ReadyTeacher:
    """The teacher with the fingerprint of its scores.

    Raises
    ------
    InputError
        As `read`.
    """
    scores = read(teacher, description)
    digest = hashlib.sha256(np.ascontiguousarray(scores).data).hexdigest()[:16]
    return ReadyTeacher(**dict(teacher) | {"fingerprint": digest})


def pack(scores: NDArray[np.float32]) -> bytes:
    """Scores as a file, float32, for `read`."""
    buffer = io.BytesIO()
    np.save(buffer, scores)
    return buffer.getvalue()


def read(teacher: Teacher, description: Description) -> NDArray[np.float32]:
    """The scores, (training images, K), in the order of the data set.

    Raises
    ------
    InputError
        A file that cannot be read, of another number of images or classes, or with numbers that are not
        finite.
    """
    key = f"targets.scores={teacher.scores}"
    expected = description.train_images, description.classes
    try:
        scores = np.load(Path(teacher.scores).expanduser(), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "not an array of NumPy"
        raise InputError(
            f"{key}: cannot be read ({reason}); allowed is a training_scores.npy, which a run with "
            "train.record_scores=true leaves, and isbe-bench evaluate --scores makes of saved weights"
        ) from error
    if not isinstance(scores, np.ndarray) or scores.shape != expected or scores.dtype.kind != "f":
        shape = getattr(scores, "shape", "other")
        raise InputError(
            f"{key}: holds numbers of shape {shape}; allowed are scores of shape {expected}, a row a "
            "training image and a column a class"
        )
    if not np.isfinite(scores).all():
        raise InputError(f"{key}: holds numbers that are not finite; allowed are finite scores")
    return scores.astype(np.float32)
