"""What an interrupted training goes on from: `checkpoint.pt` in its run folder."""

import io
import zipfile
from typing import Any

import torch
from tqdm import tqdm

from isbe_bench.errors import describe_error
from isbe_bench.runs.folder import CHECKPOINT, RunFolder


def write(folder: RunFolder, checkpoint: dict[str, Any]) -> None:
    """Write a checkpoint whole."""
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    folder.write(CHECKPOINT, buffer.getvalue())


def read(folder: RunFolder) -> dict[str, Any] | None:
    """The last checkpoint, on the CPU; None if there is none, or none that can be read, which is said.

    Nothing in the file is executed.
    """
    try:
        content = (folder.path / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        say_unreadable(folder, error)
        return None
    try:
        # PyTorch would load weights with flipped bits without a word.
        if name := zipfile.ZipFile(io.BytesIO(content)).testzip():
            raise ValueError(f"{name} has another checksum")
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
