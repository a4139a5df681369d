"""The standard streams: what a command prints may be lost, what it works on may not."""

import errno
import io
import os
import select
import sys
from typing import TextIO

_lost: dict[int, OSError] = {}  # by the number of the stream


def prepare() -> None:
    """Keep work going whatever becomes of stdout and stderr.

    Streams that are closed (`>&-`) lead to the null device, so that no other file gets their numbers.
    Output that cannot be written (a closed pipe, a full disk, a terminal that is gone) is dropped. Both
    hold for processes that this one starts. Streams that a caller replaced are left alone.
    """
    if os.name != "posix":
        return
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _to_null(number)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__"):  # None if it was closed
            setattr(sys, name, _lenient(number, stream))


def stdout_error() -> OSError | None:
    """Why what was printed could not be written; None if it could."""
    sys.stdout.flush()
    return _lost.get(1)


def stdout_is_read() -> bool:
    """Whether somebody may still read what is printed."""
    return stdout_error() is None


class _Lenient(io.FileIO):
    """A file that accepts everything; after the first error, what it gets is lost."""

    def write(self, data: object) -> int:
        try:
            while (written := super().write(data)) is None:  # type: ignore[arg-type]
                select.select([], [self], [])  # somebody made it non-blocking, and it is full
        except OSError as error:
            _lost[self.fileno()] = error
            _to_null(self.fileno())
            if error.errno != errno.EPIPE and self.fileno() == 1:  # EPIPE: the reader has seen enough
                print(f"isbe-bench: what is printed is lost ({error.strerror})", file=sys.stderr)
            return memoryview(data).nbytes  # type: ignore[arg-type]
        return written


def _lenient(number: int, stream: TextIO | None) -> TextIO:
    buffer = io.BufferedWriter(_Lenient(number, "w", closefd=False))
    if not isinstance(stream, io.TextIOWrapper):
        return io.TextIOWrapper(buffer, "utf-8", "backslashreplace")
    return io.TextIOWrapper(
        buffer,
        stream.encoding,
        "backslashreplace",  # names of files need not be text
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _to_null(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null == number:
        os.set_inheritable(number, True)
        return
    os.dup2(null, number)
    os.close(null)


def restart_in_utf8() -> None:
    """Start this program again in Python's UTF-8 mode, unless it decodes arguments and names so already.

    Names of files and own parts would otherwise be other texts than under a UTF-8 locale, and the same
    command another run.
    """
    if sys.flags.utf8_mode or sys.getfilesystemencoding() == "utf-8":
        return
    python, *rest = sys.orig_argv
    os.execv(sys.executable, [python, "-X", "utf8=1", *rest])
