"""What an interrupted training goes on from: `checkpoint.pt` in its run folder."""

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from isbe_bench.runs.files import write_atomically
from isbe_bench.runs.folder import CHECKPOINT

_DIGEST_BYTES = hashlib.sha256().digest_size


def write(folder: Path, checkpoint: dict[str, Any]) -> None:
    """Write a checkpoint whole, behind its SHA-256."""
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    content = buffer.getvalue()
    # PyTorch would load weights with flipped bits without a word.
    write_atomically(folder / CHECKPOINT, hashlib.sha256(content).digest() + content)


def read(folder: Path) -> dict[str, Any] | None:
    """The last checkpoint, on the CPU; None if there is none, or it was damaged."""
    try:
        stored = (folder / CHECKPOINT).read_bytes()
    except OSError:
        return None
    digest, content = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        return None
    checkpoint: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return checkpoint
