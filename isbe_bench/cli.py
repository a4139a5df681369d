"""The `isbe-bench` command."""

import sys

from isbe_bench import __version__
from isbe_bench.errors import InputError
from isbe_bench.measuring import allocator


def main() -> int:
    """Run what the command line asks for; returns the exit code, 0 only if every run is done."""
    if "--version" in sys.argv[1:]:
        print(f"isbe-bench {__version__}")
        return 0
    allocator.settle()
    # PyTorch takes a second to import, which --help and completion with the Tab key need not wait for.
    try:
        from isbe_bench.settings import composition

        composed = composition.compose()
        if not composed:
            return 0
        from isbe_bench.execution import sweep
        from isbe_bench.settings import config

        return sweep.run_all([config.parse(each) for each in composed])
    except InputError as error:
        print(f"isbe-bench: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("isbe-bench: interrupted before the first run", file=sys.stderr)
    return 1
