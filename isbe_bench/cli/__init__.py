"""The `isbe-bench` command: runs, and words such as `tables` that work on a results folder.

Importing it imports next to nothing, so that signals are handled from the start.
"""

import errno
import gc
import sys
from collections.abc import Callable, Sequence

from isbe_bench import signals, streams
from isbe_bench.cli.words import PRINTED, WORDS
from isbe_bench.errors import InputError
from isbe_bench.literal import plain
from isbe_bench.version import __version__


def main() -> int:
    """Run the command line; returns the exit code, 0 only if everything succeeded."""
    return answer(_command)


def answer(command: Callable[[Sequence[str]], int]) -> int:
    """The exit code of a command, which gets the arguments of this program."""
    typed = sys.argv[1:]
    if sys.orig_argv[len(sys.orig_argv) - len(typed) :] != typed:  # called from another program
        return _interruptible(command, typed)
    streams.restart_in_utf8()
    streams.prepare()
    code = _interruptible(command, typed)
    signals.leave_from_now_on()
    gc.freeze()  # or Python would look for garbage among PyTorch's objects for another second
    return code


def _interruptible(command: Callable[[Sequence[str]], int], typed: Sequence[str]) -> int:
    with signals.as_interrupts():
        try:
            return _guarded(command, typed)
        except KeyboardInterrupt:
            pass
        except Exception:  # perhaps what became of the interrupt in code of others
            if signals.received() is None:
                raise
        print(f"isbe-bench: {signals.description()}", file=sys.stderr)
        return signals.exit_code()


def _guarded(command: Callable[[Sequence[str]], int], typed: Sequence[str]) -> int:
    try:
        _check_encoding(typed)
        return command(typed)
    except InputError as error:
        print(f"isbe-bench: {error}", file=sys.stderr)
    except MemoryError:
        print("isbe-bench: out of memory", file=sys.stderr)
    return 1


def _command(typed: Sequence[str]) -> int:
    if "--version" in typed:
        print(f"isbe-bench {__version__}")
        return _unless_lost()
    if typed and typed[0] in WORDS:
        from isbe_bench.cli import results  # imports pandas

        code = results.main(typed)
        return _unless_lost() if code == 0 and typed[0] in PRINTED else code
    from isbe_bench.cli import runs  # imports Hydra, which the words do not need

    return runs.run(typed)


def _check_encoding(typed: Sequence[str]) -> None:
    """InputError for bytes that are not UTF-8, which results could not hold."""
    for each in typed:
        try:
            each.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{plain(each)}: is not UTF-8; allowed is UTF-8") from error


def _unless_lost() -> int:
    """The exit code of a word that only prints: 1 if a full disk kept that; a reader may leave early."""
    error = streams.stdout_error()
    return 0 if error is None or error.errno == errno.EPIPE else 1
