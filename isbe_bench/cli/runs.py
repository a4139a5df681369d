"""Runs and sweeps: `isbe-bench` with Hydra overrides."""

import contextlib
import sys
from collections.abc import Iterator, Sequence

from isbe_bench import signals, tasks
from isbe_bench.cli import arguments
from isbe_bench.errors import InputError, describe_error
from isbe_bench.measuring import allocator
from isbe_bench.settings import composition, experiments
from isbe_bench.settings.run import RunSettings
from isbe_bench.settings.words import plural


def run(typed: Sequence[str]) -> int:
    """Run what the arguments describe; returns the exit code, 0 only if every run is done."""
    runs = asked(typed)
    if not runs:  # --help and --cfg do not need PyTorch
        return 0
    from isbe_bench.execution import sweep

    return sweep.run_all(runs, typed)


def asked(typed: Sequence[str]) -> list[RunSettings]:
    """The runs that the arguments describe; none if they only ask for information.

    Says that PyTorch is loaded next.

    Raises
    ------
    InputError
        A group, key or value that is not allowed, in one line.
    """
    allocator.settle()
    sys.argv[1:] = arguments.checked(typed)
    with _said_meanwhile("isbe-bench: reading the settings ..."):
        composed = composition.compose()
    runs = [tasks.find(each.get("task")).parse(each) for each in composed]
    if runs:
        print(
            f"isbe-bench: {plural(len(runs), 'run')}; loading PyTorch ...", file=sys.stderr, flush=True
        )
        import_pytorch()
    return runs


def import_pytorch() -> None:
    """Import PyTorch, which nothing does before; InputError if it cannot be loaded."""
    try:
        with signals.leaving_at_once():
            import torch  # noqa: F401
    except (ImportError, OSError, MemoryError) as error:
        limit = _memory_limit()
        raise InputError(
            f"PyTorch cannot be loaded ({describe_error(error)})"
            + (f"; ulimit -v allows {limit:,} KiB of memory, PyTorch needs more" if limit else "")
        ) from error


def _memory_limit() -> int | None:
    """The limit of `ulimit -v` in KiB; None if there is none."""
    if sys.platform == "win32":
        return None
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft // 1024


@contextlib.contextmanager
def _said_meanwhile(line: str) -> Iterator[None]:
    """Show a line on a terminal until the block ends: large sweeps take seconds."""
    if not sys.stderr.isatty() or experiments.only_informs(sys.argv[1:]):
        yield
        return
    print(line, end="\r", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        print(" " * len(line), end="\r", file=sys.stderr, flush=True)
