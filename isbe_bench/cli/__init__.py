"""The `isbe-bench` command."""

import importlib
import sys
from collections.abc import Callable, Sequence

from isbe_bench import __version__
from isbe_bench.errors import InputError

COMMANDS: dict[str, str] = {}
"""Words that may come first on the command line, each with the `module:function` that it calls.

The function gets the arguments behind the word and returns the exit code. No such word means runs.
"""


def main() -> int:
    """Do what the command line asks for; returns the exit code, 0 only if all of it was done."""
    arguments = sys.argv[1:]
    if "--version" in arguments:
        print(f"isbe-bench {__version__}")
        return 0
    try:
        if arguments and arguments[0] in COMMANDS:
            return _function(COMMANDS[arguments[0]])(arguments[1:])
        return _function("isbe_bench.cli.runs:run")(arguments)
    except InputError as error:
        print(f"isbe-bench: {' '.join(str(error).splitlines())}", file=sys.stderr)
    except KeyboardInterrupt:
        print("isbe-bench: interrupted before the first run", file=sys.stderr)
    return 1


def _function(place: str) -> Callable[[Sequence[str]], int]:
    module, _, name = place.partition(":")
    function: Callable[[Sequence[str]], int] = getattr(importlib.import_module(module), name)
    return function
