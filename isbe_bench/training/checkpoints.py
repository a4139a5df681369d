"""What an interrupted training goes on from: `checkpoint.pt` in its run folder."""

import hashlib
import io
from typing import Any

import torch
from tqdm import tqdm

from isbe_bench.errors import describe_error
from isbe_bench.runs.folder import CHECKPOINT, RunFolder

_DIGEST_BYTES = hashlib.sha256().digest_size


def write(folder: RunFolder, checkpoint: dict[str, Any]) -> None:
    """Write a checkpoint whole, behind its SHA-256."""
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    content = buffer.getvalue()
    # PyTorch would load weights with flipped bits without a word.
    folder.write(CHECKPOINT, hashlib.sha256(content).digest() + content)


def read(folder: RunFolder) -> dict[str, Any] | None:
    """The last checkpoint, on the CPU; None if there is none, or none that can be read, which is said.

    Nothing in the file is executed.
    """
    try:
        stored = (folder.path / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        say_unreadable(folder, error)
        return None
    digest, content = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
    try:
        if hashlib.sha256(content).digest() != digest:
            raise ValueError("its SHA-256 is another")
        checkpoint = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        if not isinstance(checkpoint, dict):
            raise ValueError("it holds no checkpoint")
    except Exception as error:  # whatever a file may hold
        say_unreadable(folder, error)
        return None
    return checkpoint


def say_unreadable(folder: RunFolder, error: Exception) -> None:
    """Say that the checkpoint is of no use, and why."""
    reason = describe_error(error).partition(". ")[0]
    tqdm.write(f"{folder.title}: {CHECKPOINT} cannot be read ({reason}); starting afresh")
