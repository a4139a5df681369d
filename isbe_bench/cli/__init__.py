"""The `isbe-bench` command: runs, and words such as `tables` that work on a results folder."""

import signal
import sys

from isbe_bench.cli import results
from isbe_bench.errors import InputError
from isbe_bench.literal import plain
from isbe_bench.version import __version__


def main() -> int:
    """Run the command line; returns the exit code, 0 only if everything succeeded."""
    typed = sys.argv[1:]
    if "--version" in typed:
        print(f"isbe-bench {__version__}")
        return 0
    try:
        if typed and typed[0] in results.WORDS:
            return results.main(typed)
        from isbe_bench.cli import runs  # imports Hydra, which the words do not need

        return runs.run(typed)
    except InputError as error:
        print(f"isbe-bench: {plain(' '.join(str(error).splitlines()))}", file=sys.stderr)
    except KeyboardInterrupt:
        print("isbe-bench: interrupted", file=sys.stderr)
        return 128 + signal.SIGINT
    return 1
