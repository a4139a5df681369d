"""Arrays that are made once and kept in a cache, from which all processes map them.

The cache is `$ISBE_BENCH_CACHE`, or else the user's. What several processes read is in memory once.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray


def folder() -> Path:
    """The folder of the arrays, which need not exist."""
    cache = os.environ.get("ISBE_BENCH_CACHE") or platformdirs.user_cache_dir("isbe-bench")
    return Path(cache).expanduser() / "images"


def mapped(key: str, make: Callable[[Path], None]) -> NDArray[Any]:
    """The array with this key, mapped from the disk; `make` writes it as a NumPy file if there is none.

    Raises
    ------
    OSError
        The cache cannot be written to.
    """
    path = folder() / f"{key}.npy"
    with contextlib.suppress(FileNotFoundError, ValueError, EOFError):  # none yet, or a damaged one
        return _load(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _partial(path) as partial:
        make(partial)
    return _load(path)


def _load(path: Path) -> NDArray[Any]:
    # Copy on write: PyTorch wants memory that can be written to.
    array: NDArray[Any] = np.load(path, mmap_mode="c", allow_pickle=False)
    return array


@contextlib.contextmanager
def _partial(path: Path) -> Iterator[Path]:
    """A file that becomes `path` when the block ends, and that is removed if it fails."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())  # or a power failure may leave the name without the content
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
