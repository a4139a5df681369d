"""What an interrupted training goes on from: `checkpoint.pt` in its run folder."""

import io
import sys
import zlib
from typing import Any

import torch
from tqdm import tqdm

from isbe_bench.errors import describe_error
from isbe_bench.runs import reading
from isbe_bench.runs.folder import CHECKPOINT, RunFolder

_CHECKSUM_BYTES = 4


def write(folder: RunFolder, checkpoint: dict[str, Any]) -> None:
    """Write a checkpoint whole, behind its CRC-32."""
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    content = buffer.getvalue()
    # PyTorch would load weights with flipped bits without a word: its own checksums cover no names.
    folder.write(CHECKPOINT, _checksum(content) + content)


def read(folder: RunFolder) -> dict[str, Any] | None:
    """The last checkpoint, on the CPU; None if there is none, or none that can be read, which is said.

    Nothing in the file is executed.
    """
    try:
        reading.check_regular(folder.path / CHECKPOINT, limit=sys.maxsize)
        stored = (folder.path / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        say_unreadable(folder, error)
        return None
    checksum, content = stored[:_CHECKSUM_BYTES], stored[_CHECKSUM_BYTES:]
    try:
        if checksum != _checksum(content):
            raise ValueError("it has another checksum")
        checkpoint = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        if not isinstance(checkpoint, dict):
            raise ValueError("it holds no checkpoint")
    except Exception as error:  # whatever a file may hold
        say_unreadable(folder, error)
        return None
    return checkpoint


def _checksum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "big")


def say_unreadable(folder: RunFolder, error: Exception) -> None:
    """Say that the checkpoint is of no use, and why."""
    reason = describe_error(error).partition(". ")[0]
    tqdm.write(f"{folder.title}: {CHECKPOINT} cannot be read ({reason}); starting afresh")
